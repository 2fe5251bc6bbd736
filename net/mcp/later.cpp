#include "net/mcp/later.hpp"

#include "net/asio.hpp"

namespace chat::mcp {

void after(loop& home, std::chrono::milliseconds pause, std::function<void()> then) {
  home.post([&home, pause, then = std::move(then)]() mutable {
    auto timer = std::make_shared<asio::steady_timer>(home.io(), pause);
    timer->async_wait([timer, then = std::move(then)](boost::system::error_code ec) {
      if (!ec) then();
    });
  });
}

}  // namespace chat::mcp
