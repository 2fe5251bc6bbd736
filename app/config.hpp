#pragma once
// What a node is started with.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/context.hpp"
#include "model/failure.hpp"
#include "model/limits.hpp"
#include "model/room.hpp"
#include "net/forwarded.hpp"
#include "net/listener.hpp"
#include "net/public_url.hpp"

namespace chat {

struct config {
  std::vector<std::string> listen = {"127.0.0.1:3100"};
  std::string data = "./chatd-data";
  std::string durability = "process";
  unsigned erase_after = seconds(limits::erase_after);  ///< what is deleted leaves the files
  std::vector<std::string> public_urls;
  std::vector<std::string> trusted_proxies;
  std::string tls_cert;  ///< file; empty: no TLS
  std::string tls_key;
  unsigned threads = 0;  ///< 0: one a core
  std::string log_level = "info";
  std::string log_format = "text";
  std::vector<std::string> rooms;
  std::string rate_limits = "on";
  unsigned handoff_rate = 0;  ///< 0: by auth
  unsigned command_rate = limits::commands_per_second;
  unsigned message_rate = limits::messages_per_second;
  unsigned connections_per_address = limits::connections_per_address;  ///< 0: any number
  unsigned drain_rate = limits::drain_rate;                            ///< connections a second
  std::string audit_log;                                               ///< empty: none
  std::string token_secret_file;  ///< empty: in the data directory
  std::string auth = "none";
  std::string keys_file;  ///< empty: in the data directory
  std::string jwt_secret_file;
  std::string jwt_keys_file;
  std::string jwt_issuer;
  std::string jwt_audience;
  bool bind_ip = false;
  unsigned pending_sessions = 0;  ///< of one user; 0: by auth
  std::vector<std::string> allow_origins;
  bool webhook_allow_private = false;    ///< they may post to loopback and private networks
  std::string mcp_tools = "individual";  ///< how commands become tools of MCP
  unsigned handoff_timeout = seconds(limits::handoff_timeout);
  unsigned idle_timeout = seconds(limits::idle_timeout);
  unsigned reconnect_timeout = seconds(limits::reconnect_timeout);
  unsigned session_lifetime = seconds(limits::session_lifetime_max);
  unsigned keep_alive_timeout = seconds(limits::http_keep_alive_timeout);

  /// Every setting as a file has it, TOML; filled by `read_config`.
  std::map<std::string, std::string> values;
  // Checked forms of the above; filled by `read_config`.
  std::vector<listen_address> addresses;
  std::vector<room_definition> room_definitions;  ///< of --room; the defaults are the store's
  session_timeouts timeouts;
  chat::rate_limits rates;
  std::vector<public_url> urls;   ///< of --public-url
  chat::trusted_proxies proxies;  ///< of --trusted-proxy
  std::string as_json = "{}";     ///< all settings by name, for node-status

 private:
  static constexpr unsigned seconds(std::chrono::seconds time) {
    return static_cast<unsigned>(time.count());
  }
};

/// What the command line asked for.
struct invocation {
  enum class kind { run, print_and_exit, refuse };
  kind what = kind::run;
  config settings;
  std::string output;  ///< to print; one line when refused; warnings when it may run
};

/// Reads flags, then environment (`CHATD_…`), then the file of --config; the first that names a
/// setting wins. Whatever is wrong is one line that says what to do.
invocation read_config(int argc, const char* const* argv);

/// What the settings of rates come to: twice as much after a pause.
rate_limits rates_of(const config& c);

/// All settings with what they are for, as a file of comments: what one changes, one uncomments.
std::string default_settings();
/// The same as rows of a Markdown table: key, default, meaning.
std::string settings_table();

}  // namespace chat
