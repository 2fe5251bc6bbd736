#include "actors/eraser.hpp"

#include <caf/all.hpp>
#include <utility>

#include "actors/storage_protocol.hpp"
#include "storage/store.hpp"

namespace chat {

caf::behavior make_eraser(caf::event_based_actor*, std::shared_ptr<const store> db) {
  return {[db = std::move(db)](const erase_files& job) -> stored_reply {
    return db->erase(*job.what);
  }};
}

}  // namespace chat
