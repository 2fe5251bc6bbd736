// Preloaded into chatd: a wall clock that is wrong by as many seconds as the file FAULT_CLOCK holds
// (a native int64), and jumps when the test writes another number into it. Time that only ever
// counts on (CLOCK_MONOTONIC) stays as it is.

#include <sys/time.h>
#include <time.h>

#include "tests/faults/preload.hpp"

namespace {

volatile std::int64_t* const shift = faults::shared_number("FAULT_CLOCK");

timespec wall_clock(clockid_t clock) {
  timespec now{};
  syscall(SYS_clock_gettime, clock, &now);
  if (shift) now.tv_sec += *shift;
  return now;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* out) noexcept {
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
    return static_cast<int>(syscall(SYS_clock_gettime, clock, out));
  *out = wall_clock(clock);
  return 0;
}

int gettimeofday(timeval* out, void*) noexcept {
  const auto now = wall_clock(CLOCK_REALTIME);
  *out = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t* out) noexcept {
  const auto now = wall_clock(CLOCK_REALTIME).tv_sec;
  if (out) *out = now;
  return now;
}

}  // extern "C"
