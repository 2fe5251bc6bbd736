#include "bench/load/crowd.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "bench/load/clock.hpp"

namespace bench {

namespace {

constexpr std::size_t read_buffer_bytes = 256 * 1024;
constexpr int deaf_receive_bytes = 4096;
// Entries a room keeps though everybody has them, to place those who come now.
constexpr std::uint64_t log_entries_kept = 64;
constexpr std::string_view message_prefix = R"({"type":"message",)";
constexpr std::string_view welcome_prefix = R"({"type":"welcome",)";
constexpr std::string_view error_prefix = R"({"type":"error")";

// "17-42-…": who says it, and which of theirs it is.
bool read_text(std::string_view text, std::uint32_t& who, std::uint64_t& number) {
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, who);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') return false;
  const auto second = std::from_chars(first.ptr + 1, end, number);
  return second.ec == std::errc() && second.ptr != end && *second.ptr == '-';
}

// The frame a node would make of this text, for a server that makes none.
void append_ready_made(std::string& out, std::string_view text) {
  std::string payload(message_prefix);
  payload += R"("id":"m0000000000000000","sender":"somebody","text":")";
  payload += text;
  payload += R"(","timestamp":1700000000000})";
  out += '\x81';
  if (payload.size() < 126) {
    out += static_cast<char>(payload.size());
  } else {
    out += '\x7e';
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  out += payload;
}

}  // namespace

std::string host_of(const sockaddr_in& server) {
  char address[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &server.sin_addr, address, sizeof(address));
  return std::string(address) + ':' + std::to_string(ntohs(server.sin_port));
}

void member::on_ready(std::uint32_t events) { owner.on_ready(*this, events); }

crowd::crowd(poller& sockets, const sockaddr_in& server, std::size_t text_bytes,
             std::uint32_t rooms)
    : sockets_(sockets),
      server_(server),
      host_(host_of(server)),
      text_bytes_(text_bytes),
      logs_(rooms),
      buffer_(read_buffer_bytes, '\0') {}

crowd::~crowd() {
  for (auto& m : members_)
    if (m->fd >= 0) ::close(m->fd);
}

void crowd::fail(const member& m, const std::string& what) const {
  const auto place = std::ranges::find(members_, &m, &std::unique_ptr<member>::get);
  throw run_failure("member " + std::to_string(place - members_.begin()) + " in room " +
                    std::to_string(m.room) + ": " + what);
}

// --- Joining and leaving -------------------------------------------------------------------------

member& crowd::connect(std::uint32_t room, const std::string& target, bool deaf) {
  auto& m = *members_.emplace_back(std::make_unique<member>(*this, room));
  m.deaf = deaf;
  m.started_ns = now_ns();
  m.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (m.fd < 0) fail_with_errno("no socket for another member");
  const int on = 1;
  setsockopt(m.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (deaf)  // a small window fills soon
    setsockopt(m.fd, SOL_SOCKET, SO_RCVBUF, &deaf_receive_bytes, sizeof(deaf_receive_bytes));
  m.unsent = "GET " + target + " HTTP/1.1\r\nHost: " + host_ +
             "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  const auto* address = reinterpret_cast<const sockaddr*>(&server_);
  if (::connect(m.fd, address, sizeof(server_)) != 0 && errno != EINPROGRESS)
    fail_with_errno("cannot connect to " + host_);
  m.wants_write = true;
  sockets_.add(m.fd, m, wanted_events(m));
  return m;
}

void crowd::leave(member& m) {
  m.leaving = true;
  const char code[] = {0x03, static_cast<char>(0xe8)};  // 1000
  append_client_frame(m.unsent, 0x8, {code, sizeof(code)});
  if (!m.wants_write) flush(m);
}

void crowd::listen_again(member& m) {
  if (m.fd < 0) return;
  m.deaf = false;
  m.leaving = true;
  sockets_.change(m.fd, m, wanted_events(m));
}

void crowd::close(member& m) {
  if (m.fd < 0) return;
  ::close(std::exchange(m.fd, -1));
  const bool was_open = m.state == member_state::open;
  if (was_open) --open_;
  m.state = member_state::closed;
  m.unread = {};
  m.unsent = {};
  on_closed(m);
  if (m.leaving || m.deaf) return;
  fail(m, was_open ? "was closed with code " + std::to_string(m.close_code)
                   : "was not let in, code " + std::to_string(m.close_code));
}

// --- Writing -------------------------------------------------------------------------------------

std::uint32_t crowd::new_author() {
  authors_.emplace_back();
  return static_cast<std::uint32_t>(authors_.size() - 1);
}

std::string crowd::next_text(std::uint32_t who, std::int64_t at_ns) {
  auto& a = authors_[who];
  auto text = std::to_string(who) + '-' + std::to_string(a.said) + '-';
  text.resize(text_bytes_, '.');
  ++a.said;
  a.said_ns.push_back(at_ns);
  return text;
}

void crowd::say(member& m, std::int64_t at_ns) {
  if (m.author == member::nobody) m.author = new_author();
  const auto text = next_text(m.author, at_ns);
  if (ready_made_frames)
    append_ready_made(m.unsent, text);
  else
    append_client_frame(m.unsent, 0x1, R"({"type":"message","text":")" + text + R"("})");
  if (!m.wants_write) flush(m);
}

void crowd::flush(member& m) {
  if (m.fd < 0) return;
  const auto sent = send(m.fd, m.unsent.data(), m.unsent.size(), MSG_NOSIGNAL);
  if (sent >= 0) m.unsent.erase(0, static_cast<std::size_t>(sent));
  if (sent < 0 && errno != EAGAIN && errno != EINTR) return close(m);
  if (m.wants_write == !m.unsent.empty()) return;
  m.wants_write = !m.unsent.empty();
  sockets_.change(m.fd, m, wanted_events(m));
}

std::uint32_t crowd::wanted_events(const member& m) const {
  const bool reads = !(m.deaf && m.state == member_state::open);
  return (reads ? static_cast<std::uint32_t>(EPOLLIN) : 0U) |
         (m.wants_write ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
}

// --- Reading -------------------------------------------------------------------------------------

void crowd::on_ready(member& m, std::uint32_t events) {
  if (m.fd < 0) return;
  if (m.state == member_state::connecting) return on_connected(m);
  if ((events & EPOLLOUT) != 0) flush(m);
  if (m.fd < 0) return;
  const bool ended = (events & (EPOLLHUP | EPOLLERR)) != 0;
  if (m.deaf && m.state == member_state::open) {
    if (ended) close(m);
  } else if (ended || (events & EPOLLIN) != 0) {
    on_readable(m);
  }
}

void crowd::on_connected(member& m) {
  int error = 0;
  socklen_t size = sizeof(error);
  getsockopt(m.fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) fail(m, std::string("cannot connect: ") + std::strerror(error));
  m.state = member_state::upgrading;
  flush(m);
}

void crowd::on_readable(member& m) {
  const auto got = recv(m.fd, buffer_.data(), buffer_.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return close(m);
  const auto now = now_ns();
  if (now >= next_forget_ns_) forget_heard(now);
  const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
  if (m.unread.empty()) return on_bytes(m, bytes, now);
  auto joined = std::exchange(m.unread, {});
  joined += bytes;
  on_bytes(m, joined, now);
}

// Takes all whole frames and keeps the rest.
void crowd::on_bytes(member& m, std::string_view bytes, std::int64_t now) {
  if (m.state == member_state::upgrading) {
    const auto size = on_upgrade_answer(m, bytes);
    if (size == 0) {
      m.unread = bytes;
      return;
    }
    bytes.remove_prefix(size);
  }
  while (m.fd >= 0) {
    const auto frame = parse_server_frame(bytes);
    if (frame.size == 0) break;
    on_frame(m, frame, now);
    bytes.remove_prefix(frame.size);
  }
  if (m.fd >= 0 && !bytes.empty()) m.unread = bytes;
}

// How many bytes the answer takes; 0 while it is not whole.
std::size_t crowd::on_upgrade_answer(member& m, std::string_view bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  if (!bytes.starts_with("HTTP/1.1 101 "))
    fail(m, "refused: " + std::string(bytes.substr(0, bytes.find('\r'))));
  m.state = member_state::joining;
  return end + 4;
}

void crowd::on_frame(member& m, const server_frame& frame, std::int64_t now) {
  switch (frame.opcode) {
    case 0x1:
      if (frame.payload.starts_with(message_prefix)) return on_message(m, frame.payload, now);
      if (m.state == member_state::joining && frame.payload.starts_with(welcome_prefix))
        return on_welcome(m, frame.payload, now);
      if (frame.payload.starts_with(error_prefix)) fail(m, "got " + std::string(frame.payload));
      return;
    case 0x8:
      if (frame.payload.size() >= 2)
        m.close_code =
            static_cast<std::uint16_t>(static_cast<unsigned char>(frame.payload[0]) << 8 |
                                       static_cast<unsigned char>(frame.payload[1]));
      return close(m);
    case 0x9:
      append_client_frame(m.unsent, 0xa, frame.payload);
      if (!m.wants_write) flush(m);
      return;
    default:
      return;
  }
}

// --- Messages ------------------------------------------------------------------------------------

void crowd::on_welcome(member& m, std::string_view payload, std::int64_t now) {
  m.after_id = json_text(payload, R"("lastMessageId":)");
  m.position = logs_[m.room].end();
  m.state = member_state::open;
  ++open_;
  if (m.deaf) sockets_.change(m.fd, m, wanted_events(m));
  on_open(m, now);
}

void crowd::on_message(member& m, std::string_view payload, std::int64_t now) {
  if (m.leaving) return;
  if (comes_early(m)) {
    if (m.early.empty()) early_.push_back(&m);
    m.early.emplace_back(payload);
    return;
  }
  const auto end = logs_[m.room].end();
  take(m, payload, now);
  if (logs_[m.room].end() != end && !early_.empty()) take_early(now);
}

// The sockets of those who were there are read in any order: one who has just come may be the first
// to be read, ahead of what was said before it came.
bool crowd::comes_early(const member& m) const {
  const auto& log = logs_[m.room];
  if (m.placed || m.after_id.empty() || log.begin() == log.end()) return false;
  return m.after_id > json_text(log.at(log.end() - 1).bytes, R"("id":)");
}

void crowd::take_early(std::int64_t now) {
  const auto due = [this](const member* m) { return !comes_early(*m); };
  for (auto it = early_.begin(); (it = std::ranges::find_if(early_, due)) != early_.end();) {
    auto& m = **it;
    early_.erase(it);
    for (const auto& payload : std::exchange(m.early, {}))
      if (!m.leaving) take(m, payload, now);  // that may be what others wait for
  }
}

void crowd::take(member& m, std::string_view payload, std::int64_t now) {
  auto& log = logs_[m.room];
  if (!m.placed) place(m, payload);
  if (m.position == log.end()) {
    write_down(m, payload);
  } else if (log.at(m.position).bytes != payload) {
    fail(m, "got " + std::string(payload) + " where others got " + log.at(m.position).bytes);
  }
  const auto& entry = log.at(m.position);
  ++m.position;
  if (measuring) {
    ++counted.deliveries;
    counted.latency.record(now - entry.sent_ns);
  }
  if (entry.author == m.author) on_own(m, now);
}

// One who joins while the room talks: its first message is the one after the welcome's last. Until
// it comes, `position` was the log's end at the welcome, which is not behind it.
void crowd::place(member& m, std::string_view payload) {
  const auto& log = logs_[m.room];
  m.placed = true;
  const auto last = std::exchange(m.after_id, {});
  const auto from = m.position - std::min(m.position, log_entries_kept);
  m.position = log.find(payload, from).value_or(log.end());
  if (last.empty() || m.position == log.begin()) return;
  const auto before = json_text(log.at(m.position - 1).bytes, R"("id":)");
  if (before != last)
    fail(m, "was welcomed at " + last + " and first got the one after " + std::string(before));
}

// The first to hear it.
void crowd::write_down(member& m, std::string_view payload) {
  auto& log = logs_[m.room];
  room_log::entry e{std::string(payload), 0, 0};
  std::uint64_t number = 0;
  if (!read_text(json_text(payload, R"("text":)"), e.author, number) || e.author >= authors_.size())
    fail(m, "got what nobody here said: " + std::string(payload));
  auto& who = authors_[e.author];
  if (number != who.published || who.said_ns.empty())
    fail(m, "got message " + std::to_string(number) + " of author " + std::to_string(e.author) +
                " where " + std::to_string(who.published) + " was due");
  if (!ready_made_frames && log.end() > log.begin() &&
      json_text(log.at(log.end() - 1).bytes, R"("id":)") >= json_text(payload, R"("id":)"))
    fail(m, "got an id that does not rise: " + std::string(payload));
  e.sent_ns = who.said_ns.front();
  who.said_ns.pop_front();
  ++who.published;
  if (measuring) ++counted.messages;
  log.append(std::move(e));
}

// --- The end -------------------------------------------------------------------------------------

const member* crowd::one_behind() const {
  for (const auto& m : members_) {
    if (m->state != member_state::open || m->deaf || m->leaving) continue;
    const auto& log = logs_[m->room];
    if (m->position == log.end()) continue;
    // One that has got nothing yet has missed nothing, if nothing came after its welcome.
    const auto last = json_text(log.at(log.end() - 1).bytes, R"("id":)");
    if (m->placed || m->after_id.empty() || last > m->after_id) return m.get();
  }
  return nullptr;
}

void crowd::drain(std::int64_t timeout_ns) {
  const auto silent = [&] {
    return std::ranges::find_if(authors_, [](const author& a) { return a.published != a.said; });
  };
  const auto deadline = now_ns() + timeout_ns;
  while (silent() != authors_.end() || one_behind()) {
    if (now_ns() > deadline) break;
    sockets_.turn(10 * ns_per_ms);
  }
  if (const auto* m = one_behind()) fail(*m, "never got " + logs_[m->room].at(m->position).bytes);
  if (const auto a = silent(); a != authors_.end())
    throw run_failure("message " + std::to_string(a->published) + " of author " +
                      std::to_string(a - authors_.begin()) + " was never published");
}

// Drops what everybody has. Not at every message: members are many.
void crowd::forget_heard(std::int64_t now) {
  next_forget_ns_ = now + 100 * ns_per_ms;
  std::vector<std::uint64_t> needed(logs_.size());
  for (std::size_t room = 0; room < logs_.size(); ++room) needed[room] = logs_[room].end();
  for (const auto& m : members_)
    if (m->state == member_state::open && !m->deaf && !m->leaving)
      needed[m->room] = std::min(needed[m->room], m->position);
  for (std::size_t room = 0; room < logs_.size(); ++room)
    logs_[room].forget(needed[room] - std::min(needed[room], log_entries_kept));
}

}  // namespace bench
