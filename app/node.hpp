#pragma once
// A whole node: store, loops, actors, listeners. The only place that knows every layer.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "app/config.hpp"
#include "model/failure.hpp"

namespace chat {

/// Thread: made, stopped and destroyed by one thread, which is none of its loops.
class node {
 public:
  /// Opens the store, starts everything and listens. The failure is one line for the operator:
  /// data directory in use, port taken, disk not writable, no certificate.
  static result<std::unique_ptr<node>> start(const config& settings);
  ~node();

  /// Of every listener, `http://host:port` or `https://…`, with the ports really taken.
  std::vector<std::string> urls() const;

  /// That are open, of all kinds.
  std::uint64_t connection_count() const;

  /// Takes over what may change while it runs: log level, rates and other limits, whose pages may
  /// call, what tokens are checked with, the certificate and its key (for connections to come);
  /// files that are no good change nothing. The log says what became of each, and what of the rest
  /// needs a restart.
  void reload(const config& next);

  /// What is to be done now and then: takes over changes of the API keys, makes a backup
  /// that is asked for. Called about every
  /// limits::key_file_interval.
  void look_after();
  /// Whether every loop has had a turn since the last call. Called about as often as look_after().
  bool is_alive();
  /// How long stop() may take: longer with more connections.
  std::chrono::seconds stop_timeout() const;
  /// Stops accepting, says goodbye to every client, commits what is queued. Called once. Another
  /// node may start meanwhile, with the same addresses and data: it waits for the store.
  void stop();

 private:
  struct parts;
  explicit node(std::unique_ptr<parts> p);
  std::unique_ptr<parts> parts_;
};

}  // namespace chat
