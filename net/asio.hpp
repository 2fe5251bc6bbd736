#pragma once
// The one place where namespaces of Asio and Beast get their short names. `net` is ours and CAF's.

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/error.hpp>
#include <chrono>

namespace chat {
namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using error_code = beast::error_code;
/// Deadlines of connections.
using steady_time = std::chrono::steady_clock::time_point;
}  // namespace chat
