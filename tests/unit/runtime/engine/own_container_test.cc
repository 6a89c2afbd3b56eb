#include "runtime/engine/own_container.h"

#include <doctest/doctest.h>

namespace trainyard {

namespace {

using Candidates = std::vector<std::string>;

const std::string own_id(64, 'a');
const std::string other_id = std::string(63, '0') + "f";

}  // namespace

TEST_CASE("a Docker Engine names our container by its mounts") {
  const std::string mountinfo =
      "735 600 0:52 / / rw - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/X\n"
      "740 735 8:1 /var/lib/docker/volumes/x/_data /data rw - ext4 /dev/sda1 rw\n"
      "741 735 8:1 /var/lib/docker/containers/" +
      own_id + "/resolv.conf /etc/resolv.conf rw - ext4 /dev/sda1 rw\n" +
      "742 735 8:1 /var/lib/docker/containers/" + own_id +
      "/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n";
  CHECK(own_container_candidates(mountinfo, "0::/\n", "trainyard") == Candidates{own_id});
}

TEST_CASE("older kernels name it by its group, and the host name is the beginning of the id") {
  CHECK(own_container_candidates("", "12:pids:/docker/" + other_id + "\n", "trainyard") ==
        Candidates{other_id});
  CHECK(own_container_candidates("", "0::/\n", "0123456789ab") == Candidates{"0123456789ab"});
  CHECK(own_container_candidates("", "1:name=systemd:/docker/" + own_id, "0123456789ab") ==
        Candidates{own_id, "0123456789ab"});
}

TEST_CASE("outside of containers there is nothing to ask for") {
  const std::string mountinfo =
      "25 30 0:23 / /sys rw - sysfs sysfs rw\n"
      "31 30 8:1 /var/lib/docker/containers/" +
      own_id + "/mounts/shm /var/lib/docker/containers/" + own_id +
      "/mounts/shm rw - tmpfs shm rw\n";
  CHECK(own_container_candidates(mountinfo, "0::/user.slice/user-1000.slice\n", "laptop").empty());
  CHECK(own_container_candidates("", "", "0123456789abc").empty());
}

}  // namespace trainyard
