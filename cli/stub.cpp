#include "cli/commands.hpp"
namespace chat::cli {
int run_validate(const settings&, const validate_request&) { return 0; }
}  // namespace chat::cli
