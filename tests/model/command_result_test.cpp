// The answer of every command.

#include "model/command_result.hpp"

#include <catch2/catch.hpp>

using namespace chat;

namespace {
const result_metadata meta{1.23456, "1.0.0", "trace", 0};
constexpr std::string_view meta_json =
    R"("metadata":{"executionTimeMs":1.235,"commandVersion":"1.0.0","traceId":"trace",)"
    R"("timestamp":"1970-01-01T00:00:00.000Z")";
}  // namespace

TEST_CASE("a success without words is data and metadata", "[model]") {
  command_result r;
  r.data = R"({"a":1})";
  CHECK(encode(r, meta) ==
        R"({"success":true,"data":{"a":1},"confidence":1,)" + std::string(meta_json) + "}}");
}

TEST_CASE("hints stand at the top and in the metadata", "[model]") {
  command_result r;
  r.reasoning = "Because \"so\"";
  r.hints = R"({"nextAction":"x"})";
  r.warnings.push_back({"UNKNOWN_FIELD", "f"});
  CHECK(encode(r, meta) ==
        R"({"success":true,"data":{},"reasoning":"Because \"so\"","confidence":1,)"
        R"("warnings":[{"code":"UNKNOWN_FIELD","message":"f","severity":"info"}],)" +
            std::string(meta_json) +
            R"(,"agentHints":{"nextAction":"x"}},"_agentHints":{"nextAction":"x"}})");
}

TEST_CASE("a failure carries its error and no data", "[model]") {
  auto why = make_failure(errc::storage_unavailable, "no");
  why.details = R"({"d":1})";
  CHECK(encode(command_result::failed(why), meta) ==
        R"({"success":false,"error":{"code":"STORAGE_UNAVAILABLE","message":"no",)"
        R"("suggestion":"The message was not sent. Send it again in a few seconds",)"
        R"("retryable":true,"details":{"d":1}},"confidence":0,)" +
            std::string(meta_json) + "}}");
}

TEST_CASE("every error code has a name and a suggestion", "[model]") {
  for (int i = 0; i <= static_cast<int>(errc::host_refused); ++i) {
    const auto code = static_cast<errc>(i);
    const auto name = to_string(code);
    CAPTURE(name);
    CHECK_FALSE(name.empty());
    CHECK(name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string_view::npos);
    CHECK_FALSE(make_failure(code, "x").suggestion.empty());
  }
}

TEST_CASE("a suggestion of its own replaces the code's", "[model]") {
  CHECK(make_failure(errc::timeout, "x", "y").suggestion == "y");
}
