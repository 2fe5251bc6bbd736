#pragma once
// What those need who have to know later who came in, from where, and by which token.

#include <cstdint>
#include <string_view>

namespace chat {

/// One thing that happened; fields that do not apply are empty. Never holds a token, only its id.
struct audit_entry {
  std::string_view event;  ///< handoff, reconnect, refresh, connect, takeover, refused, disconnect,
                           ///< end, revoke, key-added, key-revoked, webhook-register,
                           ///< webhook-delete, webhook-end
  std::string_view session_id = {};
  std::string_view user_id = {};
  std::string_view room_id = {};
  std::string_view address = {};
  std::string_view token_id = {};
  std::string_view reason = {};           ///< refused, disconnect, end, webhook-end
  std::string_view subscription_id = {};  ///< of a webhook
};

/// Where it is written. Thread: any.
class audit_log {
 public:
  virtual ~audit_log() = default;
  /// Does not throw and does not wait for the disk longer than a write takes.
  virtual void write(const audit_entry& entry) noexcept = 0;
  /// Goes on in a new file where the old one was moved away (logrotate).
  virtual void reopen() noexcept {}
};

}  // namespace chat
