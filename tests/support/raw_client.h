#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/unique_fd.h"

namespace trainyard::testing {

// A client that sends the bytes it is told to, and takes answers apart just enough to compare them.
// Fails the test when the server does not answer within ten seconds.
class RawClient {
 public:
  // Comes from the address `from`, an IPv4 one of this machine; "": the system's choice.
  explicit RawClient(std::uint16_t port, const std::string& host = "127.0.0.1",
                     const std::string& from = "");

  struct Answer {
    int status = 0;
    std::string header;  // with the first line, without the empty one
    std::string body;
    bool has(std::string_view line) const { return header.find(line) != std::string::npos; }
  };

  // False when the server does not take it any more.
  bool send(std::string_view bytes);
  // One whole answer; of a HEAD request without its body. Status 0 when the connection ended.
  Answer receive(bool head = false);
  // Waits until `text` has come, and leaves it there; false when the connection ended before.
  bool await(std::string_view text);
  // Everything up to the end of the connection.
  std::string receive_all();
  // The server has closed the connection, or does so within ten seconds.
  bool at_end();
  // Closes the sending direction, or the whole connection without farewell.
  void finish_sending();
  void reset();

 private:
  bool fill();

  UniqueFd socket_;
  std::string buffer_;
};

}  // namespace trainyard::testing
