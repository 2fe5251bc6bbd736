#include "net/tls_stream.hpp"

#include <malloc.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "net/unique_fd.hpp"
#include "tests/net/tls_files.hpp"

namespace chat::test {

// A peer that reads slowly leaves some of the output unsent for ever.
TEST_CASE("what is sent of the ciphertext is freed while more waits", "[net]") {
  const tls_files files("first.example");
  tls_certificate certificate;
  REQUIRE(certificate.load(files.certificate(), files.key()));
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
  const unique_fd ours(ends[0]);
  const unique_fd theirs(ends[1]);
  tls_stream stream(certificate.new_session(), ours.get());
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  const std::unique_ptr<SSL, decltype(&SSL_free)> client(SSL_new(context.get()), SSL_free);
  SSL_set_fd(client.get(), theirs.get());
  auto state = tls_stream::handshake_state::under_way;
  while (state == tls_stream::handshake_state::under_way) {
    SSL_connect(client.get());
    state = stream.handshake();
    const auto sent = ::send(ours.get(), stream.output().data(), stream.output().size(), 0);
    stream.consume_output(sent > 0 ? static_cast<std::size_t>(sent) : 0);
  }
  REQUIRE(state == tls_stream::handshake_state::done);

  const std::string record(tls_stream::record_bytes_max, 'x');
  const auto held = [] {
    const auto heap = ::mallinfo2();
    return heap.uordblks + heap.hblkhd;
  };
  const auto before = held();
  for (int i = 0; i < 1'000; ++i) {
    REQUIRE(stream.write(record));
    CHECK(stream.output().size() < 2 * record.size());
    stream.consume_output(stream.output().size() - 1);
  }
  CHECK(held() < before + 1'000'000);
}

}  // namespace chat::test
