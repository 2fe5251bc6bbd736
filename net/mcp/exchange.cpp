#include "net/mcp/exchange.hpp"

#include <spdlog/spdlog.h>

#include "model/json_writer.hpp"
#include "net/mcp/service.hpp"

namespace chat::mcp {

exchange::~exchange() {
  try {
    fail({rpc_code::internal_error, "The node lost this request", "Send it again"});
  } catch (const std::exception& e) {
    spdlog::error("mcp: cannot answer: {}", e.what());
  }
}

void exchange::result(std::string_view object) { finish(object, R"("resultType":"complete")"); }

void exchange::result(std::string_view object, cache_hint keep) {
  finish(object, R"("resultType":"complete","ttlMs":)" + std::to_string(keep.ttl.count()) +
                     R"(,"cacheScope":)" + (keep.is_public ? R"("public")" : R"("private")"));
}

void exchange::need_input(std::string_view object) {
  finish(object, R"("resultType":"input_required")");
}

// Every result of the stateless era says what it is and who gives it (basic, Responses and _meta).
void exchange::finish(std::string_view object, std::string_view members) {
  if (answered_.test_and_set()) return;
  if (!is_stateless()) return out_->finish(rpc_result(facts_.id, object), 200);
  const auto& who = door_.config.mcp->who();
  std::string all(members);
  all.append(R"(,"_meta":{"io.modelcontextprotocol/serverInfo":)");
  json_writer(all)
      .begin_object()
      .field("name", who.name)
      .field("version", who.version)
      .end_object();
  all += '}';
  out_->finish(rpc_result(facts_.id, with_members(object, all)), 200);
}

void exchange::fail(const rpc_error& why, unsigned status) {
  if (answered_.test_and_set()) return;
  out_->finish(rpc_failure(facts_.id, why), status);
}

void exchange::notify(std::string_view method, std::string_view params) {
  out_->send(notification(method, params));
}

void exchange::progress(double done, std::optional<double> total) {
  if (facts_.progress_token.empty()) return;
  std::string params;
  json_writer json(params);
  json.begin_object().key("progressToken").raw(facts_.progress_token);
  json.field("progress", done);
  if (total) json.field("total", *total);
  json.end_object();
  notify("notifications/progress", params);
}

void exchange::log(log_level level, std::string_view data) {
  const auto least = facts_.session ? facts_.session->agreed().least : facts_.least;
  if (!least || level < *least) return;
  std::string params;
  json_writer json(params);
  json.begin_object().field("level", to_string(level)).key("data").raw(data).end_object();
  notify("notifications/message", params);
}

void exchange::ask(std::string_view method, std::string_view params, reply_handler then) {
  if (!facts_.session || !can_stream()) return then(std::nullopt);
  const auto failed = then;
  const auto id = facts_.session->expect_reply(std::move(then));
  if (id.empty()) return failed(std::nullopt);
  out_->send(request(id, method, params));
  after(door_.home, limits::mcp_ask_timeout, [id, weak = std::weak_ptr(facts_.session)] {
    if (const auto of = weak.lock()) of->reply(id, std::nullopt);
  });
}

}  // namespace chat::mcp
