#include "app/descriptors.hpp"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>

#include "model/limits.hpp"

namespace chat {

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t connections_max() {
  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0) return limits::connections_max;
  const auto all = descriptors.rlim_cur;
  const auto left = all - std::min<rlim_t>(limits::descriptors_reserved, all / 2);
  if (left >= limits::connections_max) return limits::connections_max;
  spdlog::warn("{} descriptors are allowed: at most {} connections (LimitNOFILE, ulimit -n)", all,
               left);
  return left;
}

}  // namespace chat
