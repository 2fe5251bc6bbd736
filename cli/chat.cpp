#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <ctime>
#include <optional>

#include "cli/chat_session.hpp"
#include "cli/commands.hpp"
#include "cli/line_editor.hpp"
#include "cli/print.hpp"
#include "cli/terminal.hpp"

namespace chat::cli {

namespace {

// `10:20` here, for people; all of it in UTC, for programs.
std::string time_text(const json& frame, bool is_for_people) {
  const auto& ms = at(frame, "timestamp");
  const std::time_t seconds = ms.is_number() ? ms.get<std::int64_t>() / 1000 : std::time(nullptr);
  std::tm t{};
  is_for_people ? localtime_r(&seconds, &t) : gmtime_r(&seconds, &t);
  char text[32];
  std::strftime(text, sizeof text, is_for_people ? "%H:%M" : "%Y-%m-%dT%H:%M:%SZ", &t);
  return text;
}

// One line for what has several.
std::string on_one_line(std::string text) {
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2))
    text.replace(at, 1, "\\n");
  return terminal_text(text);
}

constexpr const char* chat_help =
    "/who shows who is here, /quit leaves, //text says a line that begins with /";

class chat_view {
 public:
  chat_view(const settings& s, remote node, const chat_request& r)
      : settings_(s),
        is_typed_(is_terminal()),
        room_(r.room),
        node_(node),
        session_(io_, std::move(node), {r.room, r.nickname},
                 {.on_frame = [this](const json& frame) { show(frame); },
                  .on_note = [this](const std::string& text) { show_note(text); }}) {}

  int run() {
    std::optional<typing_mode> mode;
    if (is_typed_) mode.emplace();
    asio::signal_set signals(io_, SIGINT, SIGTERM);
    signals.async_wait([this](error_code ec, int) {
      if (ec) return;
      was_interrupted_ = true;
      session_.stop();
    });
    asio::co_spawn(io_, stay(), asio::detached);
    asio::co_spawn(io_, read_input(), asio::detached);
    io_.run();
    if (is_typed_) print("\r\x1b[K");
    mode.reset();
    return report();
  }

 private:
  asio::awaitable<void> stay() {
    end_ = co_await session_.run();
    io_.stop();
    co_return;  // for cppcheck
  }

  int report() const {
    if (!end_) return refuse(settings_, end_.error());
    if (session_.waiting() > 0)
      note(std::to_string(session_.waiting()) + " line(s) could not be sent");
    if (was_interrupted_) return exit_interrupted;
    return session_.waiting() + session_.refused() > 0 ? exit_failed : exit_done;
  }

  // A terminal is opened anew, as Asio makes what it reads non-blocking: for others, too.
  asio::awaitable<void> read_input() {
    const int terminal = is_typed_ ? ::open("/dev/tty", O_RDONLY | O_CLOEXEC) : -1;
    const int input = terminal >= 0 ? terminal : ::dup(STDIN_FILENO);
    const int flags = ::fcntl(input, F_GETFL);
    asio::posix::stream_descriptor in(io_, input);
    asio::steady_timer timer(io_);
    draw();
    while (!is_at_end_) {
      while (session_.waiting() >= limits::chat_lines_waiting_max) {
        timer.expires_after(std::chrono::milliseconds(20));
        co_await timer.async_wait(asio::use_awaitable);
      }
      error_code ec;  // a plain file needs no waiting, and knows none
      co_await in.async_wait(asio::posix::stream_descriptor::wait_read,
                             asio::redirect_error(asio::use_awaitable, ec));
      char piece[4096];
      const auto bytes = ::read(input, piece, sizeof piece);
      if (bytes < 0 && errno == EAGAIN) continue;
      if (bytes <= 0) break;
      take({piece, static_cast<std::size_t>(bytes)});
    }
    ::fcntl(input, F_SETFL, flags);
    if (!text_.empty()) say(std::exchange(text_, {}));
    session_.finish();
    // A second Ctrl-C does not wait for what could not be sent.
    while (is_typed_) {
      char key = 0;
      error_code ec;
      co_await in.async_wait(asio::posix::stream_descriptor::wait_read,
                             asio::redirect_error(asio::use_awaitable, ec));
      if (ec || ::read(input, &key, 1) <= 0) co_return;
      if (key == 3) session_.stop();
    }
  }

  void take(std::string_view bytes) {
    if (is_typed_) {
      editor_.take(bytes);
      if (!editor_.text().empty()) session_.type();
      return draw();
    }
    text_ += bytes;
    for (auto end = text_.find('\n'); end != std::string::npos; end = text_.find('\n')) {
      say(text_.substr(0, end));
      text_.erase(0, end + 1);
    }
  }

  void say(std::string line) {
    if (line.ends_with('\r')) line.pop_back();
    // In a pipe every line is a message: a program has no use for commands.
    if (is_typed_ && line.starts_with("//"))
      line.erase(0, 1);
    else if (is_typed_ && line.starts_with('/'))
      return obey(line);
    if (!line.empty()) session_.say(std::move(line));
  }

  void obey(const std::string& line) {
    const auto command = line.substr(0, line.find(' '));
    if (command == "/help") return show_line(out_colours().faint(chat_help));
    if (command == "/quit") return is_at_end_ = true, void();
    if (command == "/who") {
      asio::co_spawn(io_, show_members(), asio::detached);
      return;
    }
    show_note("There is no " + command + ". /help lists the commands; //" + command.substr(1) +
              " says it to the room");
  }

  asio::awaitable<void> show_members() {
    json input = json::object();
    input["roomId"] = room_;
    const std::string command = "chat-participants";
    const auto result = co_await node_.async_call(io_, command, input);
    if (!result) {
      show_note(result.error().message);
      co_return;
    }
    if (const auto& error = at(*result, "error"); error.is_object()) {
      show_note(text_at(error, "message"));
      co_return;
    }
    const auto& data = at(*result, "data");
    std::string names;
    for (const auto& one : at(data, "participants"))
      names += (names.empty() ? "" : ", ") + terminal_text(text_at(one, "nickname"));
    const auto head = "— here: ";
    const auto more = text_at(data, "nextCursor").empty() ? "" : ", …";
    show_line(out_colours().faint(head +
                                  indented_text(names + more, width_of(head), terminal_columns())));
  }

  void show(const json& frame) {
    const auto type = text_at(frame, "type");
    if (settings_.json) return end_unless(print_json(frame, -1));
    if (type == "message") return show_message(frame);
    if (!is_typed_) return;  // in a pipe, messages only
    const auto& c = out_colours();
    const auto who = terminal_text(text_at(frame, "nickname"));
    if (type == "welcome") {
      std::string names;
      for (const auto& name : at(frame, "participants"))
        names += (names.empty() ? "" : ", ") + terminal_text(name.get<std::string>());
      show_line(c.faint("— " + terminal_text(text_at(frame, "roomId")) + ": " + names + " —"));
    }
    if (type == "user_joined") show_line(c.faint("→ " + who + " joined"));
    if (type == "user_left") show_line(c.faint("← " + who + " left"));
    if (type == "reaction")
      show_line(c.faint(who + " reacted " + terminal_text(text_at(frame, "emoji"))));
    if (type == "message_edited") {
      const auto head = "✎ " + terminal_text(text_at(frame, "by")) + " changed it to: ";
      show_line(c.faint(head + indented_text(on_one_line(text_at(frame, "text")), width_of(head),
                                             terminal_columns())));
    }
    if (type == "message_deleted")
      show_line(c.faint("✎ " + terminal_text(text_at(frame, "by")) + " deleted a message"));
    if (type == "typing") {
      typist_ = who;
      draw();
    }
  }

  void show_message(const json& frame) {
    const auto sender = terminal_text(text_at(frame, "sender"));
    const auto text = text_at(frame, "text");
    if (!is_typed_)
      return end_unless(
          print(time_text(frame, false) + ' ' + sender + ": " + on_one_line(text) + '\n'));
    if (sender == typist_) typist_.clear();
    const auto& c = out_colours();
    const auto time = time_text(frame, true);
    const auto column = width_of(time) + 1 + width_of(sender) + 2;
    show_line(c.faint(time) + ' ' + c.person(sender) + ": " +
              indented_text(text, column, terminal_columns()));
  }

  // Nobody reads what cannot be written: the disk is full.
  void end_unless(bool is_printed) {
    if (!is_printed) session_.stop();
  }

  void show_note(const std::string& text) {
    if (is_typed_)
      show_line(out_colours().warning("! " + terminal_text(text)));
    else
      note("afd chat: " + terminal_text(text));
  }

  // Above the line that is typed.
  void show_line(const std::string& line) {
    print("\r\x1b[K" + line + '\n');
    draw();
  }

  void draw() const {
    if (!is_typed_) return;
    const auto prompt = typist_.empty() ? "> " : '(' + typist_ + " types) > ";
    print(editor_.shown(prompt, terminal_columns()));
  }

  const settings& settings_;
  const bool is_typed_;
  const std::string room_;
  const remote node_;
  asio::io_context io_{1};
  chat_session session_;
  outcome<void> end_;
  std::string text_;    // of a line that has not ended
  std::string typist_;  // who typed last, and has said nothing since
  bool is_at_end_ = false;
  bool was_interrupted_ = false;
  line_editor editor_{{.on_line = [this](std::string line) { say(std::move(line)); },
                       .on_end = [this] { is_at_end_ = true; }}};
};

}  // namespace

int run_chat(const settings& s, const chat_request& r) {
  auto node = remote::find(s);
  if (!node) return refuse(s, node.error());
  return chat_view(s, std::move(*node), r).run();
}

}  // namespace chat::cli
