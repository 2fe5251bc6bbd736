#include "cli/commands.hpp"
namespace chat::cli {
int run_chat(const settings&, const chat_request&) { return 0; }
int run_validate(const settings&, const validate_request&) { return 0; }
}  // namespace chat::cli
