// Catch2's own main takes 13 s to compile: it stands alone here, so that it happens once.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
