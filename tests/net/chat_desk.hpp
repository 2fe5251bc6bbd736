#pragma once
// Chat connections on real sockets, with made-up actors behind them.

#include <caf/all.hpp>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "actors/protocol.hpp"
#include "model/wire.hpp"
#include "net/chat_connection.hpp"
#include "tests/net/http_node.hpp"

namespace chat::test {

/// Stands for hub, session and room: attaches every token but "bad", keeps what is posted, and the
/// last token as it came. A token "later" gets no answer; the test gives it.
struct desk {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> texts;
  outbox_ptr out;
  present_token presented = {};
  connection_lost ended = {};  ///< the last connection that was lost …
  int lost = 0;                ///< … of so many

  bool wait_for(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, patience, condition);
  }
  bool wait_for_texts(std::size_t count) {
    return wait_for([&] { return texts.size() >= count; });
  }
  std::size_t count() {
    const std::lock_guard lock(mutex);
    return texts.size();
  }
  /// One step on the connection's loop.
  void tell(step s) {
    delivery work;
    auto& home = s.to->home();
    work.steps.push_back(std::move(s));
    home.deliver(std::move(work));
  }
  void give_receipts(std::uint32_t posts) {
    step s{step::kind::receipt, out};
    s.posts = posts;
    tell(std::move(s));
  }
  void send(std::string bytes) { tell({step::kind::send, out, frame(std::move(bytes))}); }
};

inline caf::behavior make_desk(caf::event_based_actor* self, desk* d) {
  return {[self, d](const present_token& r) {
            {
              const std::lock_guard lock(d->mutex);
              d->presented = r;
              d->out = r.out;  // before the client knows, and with it the test
              d->changed.notify_all();
            }
            step s{step::kind::attach, r.out};
            s.session = self;
            if (r.token == "bad") {
              s.what = step::kind::close;
              s.why = close::invalid_token;
            }
            if (r.token != "later") d->tell(std::move(s));
          },
          [d](const chat::post& p) {
            const std::lock_guard lock(d->mutex);
            d->texts.push_back(p.what->text);
            d->changed.notify_all();
          },
          [](touch) {},
          [d](const connection_lost& lost) {
            const std::lock_guard lock(d->mutex);
            d->ended = lost;
            ++d->lost;
            d->changed.notify_all();
          }};
}

/// A node with one loop whose upgrades and event streams become chat connections at the desk.
struct chat_node {
  explicit chat_node(std::function<void(chat_options&)> change = {},
                     const tls_certificate* certificate = nullptr)
      : certificate_(certificate) {
    options.hub = system.spawn(make_desk, &at);
    if (change) change(options);
  }
  ~chat_node() {
    for (auto& l : http.loops) l->post([&l = *l] { l.end_all(); });
    http.turn();
    caf::anon_send_exit(options.hub, caf::exit_reason::user_shutdown);
    options.hub = nullptr;
    system.await_all_actors_done();  // they know connections, which need their loop to the end
    at.out = at.presented.out = at.ended.from = nullptr;
  }

  const tls_certificate* certificate_;
  desk at;
  caf::actor_system_config system_config;
  caf::actor_system system{system_config};
  chat_options options;
  http_node http{[this](http_config& c) {
                   c.chat = &options;
                   c.on_upgrade = [this, &c](upgrade u) {
                     caf::make_counted<chat_connection>(std::move(u.socket), u.request, options,
                                                        c.counters)
                         ->start(u.request, std::move(u.early));
                   };
                 },
                 1,
                 {},
                 certificate_};
};

/// What a room would send.
inline std::string frame_bytes(std::string_view payload) {
  std::string bytes;
  append_ws_frame(bytes, ws_opcode::text, payload);
  return bytes;
}

}  // namespace chat::test
