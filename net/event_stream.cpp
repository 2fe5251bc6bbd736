#include "net/event_stream.hpp"

#include "model/wire.hpp"

namespace chat {

std::string encode_event(std::string_view event, std::string_view data) {
  std::string out;
  out.reserve(event.size() + data.size() + 16);
  out.append("event: ").append(event).append("\ndata: ").append(data).append("\n\n");
  return out;
}

std::string encode_frames(std::string_view frames) {
  std::string out;
  out.reserve(frames.size() + frames.size() / 4 + 64);
  while (!frames.empty()) {
    const auto payload = take_ws_payload(frames);
    if (const auto id = message_id_of(payload); !id.empty()) out.append("id: ").append(id) += '\n';
    out.append("data: ").append(payload).append("\n\n");
  }
  return out;
}

}  // namespace chat
