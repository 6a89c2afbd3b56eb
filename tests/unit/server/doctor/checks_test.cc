#include "server/doctor/checks.h"

#include <cerrno>

#include <doctest/doctest.h>

namespace trainyard::server {

namespace {

constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30;

// A machine where everything is as it should be.
Facts healthy() {
  Facts facts;
  facts.engine =
      EngineInfo{"20.10.24", "1.41", "overlay2", "/var/lib/docker", "unix:///var/run/docker.sock"};
  facts.socket = SocketFacts{"/var/run/docker.sock", true, true, "docker", true};
  facts.sharing = Sharing{true, UpperAccess::helper, ""};
  facts.job_endpoint = "10.213.7.1:4748";
  facts.network_cidr = "10.213.0.0/16";
  facts.disks = {{"data directory", "/home/ada/.local/share/trainyard", 100 * gibibyte},
                 {"Docker Engine", "/var/lib/docker", 50 * gibibyte}};
  facts.port = {{"127.0.0.1", 4747}, 0, false};
  facts.data_directory = {"/home/ada/.local/share/trainyard", {}, std::nullopt};
  return facts;
}

// One where nothing is.
Facts sick() {
  Facts facts;
  facts.engine = failure(ErrorKind::unavailable,
                         "not permitted to use the Docker Engine at unix:///var/run/docker.sock");
  facts.socket = SocketFacts{"/var/run/docker.sock", true, false, "docker", false};
  facts.staging = StagingMethod::overlay;
  facts.disks = {{"data directory", "/data", gibibyte / 8}};
  facts.port = {{"127.0.0.1", 4747}, EADDRINUSE, false};
  facts.data_directory = {
      "/data", failure(ErrorKind::permission_denied, "/data belongs to another user"), {}};
  return facts;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a healthy machine") {
  const auto checks = check_all(healthy());
  CHECK(jobs_can_run(checks));
  CHECK(render(checks) ==
        "ok       Docker Engine: version 20.10.24 answers at unix:///var/run/docker.sock (API "
        "1.41, storage driver overlay2)\n"
        "ok       Rights on the socket: this user may use /var/run/docker.sock\n"
        "ok       Staging of data: small channels by volume, others by overlay or copy: the Engine "
        "sees this machine's files\n"
        "ok       Inside of jobs: containers reach S3, STS, Logs and CloudWatch of this daemon, as "
        "at 10.213.7.1:4748\n"
        "ok       Disk of the data directory: 100.0 GiB free at /home/ada/.local/share/trainyard\n"
        "ok       Disk of the Docker Engine: 50.0 GiB free at /var/lib/docker\n"
        "ok       Address: 127.0.0.1:4747 is free\n"
        "ok       Data directory: /home/ada/.local/share/trainyard can be used\n"
        "Training jobs can run here.\n");
}

TEST_CASE("a machine where nothing works gets a remedy for everything") {
  const auto checks = check_all(sick());
  CHECK_FALSE(jobs_can_run(checks));
  CHECK(render(checks) ==
        "problem  Docker Engine: not permitted to use the Docker Engine at "
        "unix:///var/run/docker.sock\n"
        "         To do: get the rights on its socket, see below\n"
        "problem  Rights on the socket: this user may not use /var/run/docker.sock\n"
        "         To do: \"sudo usermod -aG docker $USER\", then log in again\n"
        "warning  Staging of data: overlay, to be probed when the Engine answers\n"
        "         To do: start the Engine\n"
        "ok       Inside of jobs: to be tried when the Engine answers\n"
        "problem  Disk of the data directory: 128 MiB free at /data\n"
        "         To do: free some space, or put the data elsewhere with --data-dir\n"
        "problem  Address: another program listens at 127.0.0.1:4747\n"
        "         To do: end that program, or choose another port with --listen\n"
        "problem  Data directory: /data belongs to another user\n"
        "         To do: choose another with --data-dir\n"
        "Training jobs cannot run here until the 5 problems above are solved.\n");
}

TEST_CASE("whatever is not ok has a remedy, and what is ok has none") {
  for (const Facts& facts : {healthy(), sick()}) {
    for (const Check& check : check_all(facts)) {
      CAPTURE(check.subject);
      CHECK(check.remedy.empty() == (check.verdict == Verdict::ok));
    }
  }
}

TEST_CASE("a slow storage driver is a warning, and jobs run") {
  Facts facts = healthy();
  facts.engine->storage_driver = "vfs";
  CHECK(check_engine(facts).verdict == Verdict::warning);
  CHECK(jobs_can_run(check_all(facts)));
}

TEST_CASE("rights depend on the socket and on the user's groups") {
  Facts facts = healthy();
  facts.socket->usable = false;
  CHECK(contains(check_rights(facts).remedy, "newgrp docker"));
  facts.socket->user_in_group = false;
  CHECK(contains(check_rights(facts).remedy, "usermod -aG docker"));
  facts.socket->group = "root";
  CHECK_FALSE(contains(check_rights(facts).remedy, "usermod"));
  facts.socket->exists = false;
  CHECK(check_rights(facts).verdict == Verdict::problem);
  CHECK(contains(check_rights(facts).remedy, "--docker-host"));
  facts.socket.reset();
  CHECK(check_rights(facts).verdict == Verdict::ok);
}

TEST_CASE("the staging method follows from the option and from what was tried") {
  Facts facts = healthy();
  const auto finding = [&] { return check_staging(facts).finding; };
  facts.sharing = Sharing{false, UpperAccess::helper, "the Engine sees other files"};
  CHECK(finding() == "volume, since the Engine sees other files");
  facts.staging = StagingMethod::copy;
  CHECK(check_staging(facts).verdict == Verdict::problem);
  CHECK(finding() == "copy cannot work: the Engine sees other files");
  facts.sharing = failure(ErrorKind::permission_denied, "not in this directory");
  CHECK(finding() == "copy cannot work: not in this directory");
  facts.sharing.reset();
  CHECK(check_staging(facts).verdict == Verdict::ok);
  CHECK(finding() == "copy: the Engine has no image to try it with; the first job will tell");
  facts.staging = StagingMethod::volume;
  CHECK(finding() == "volume, as --staging says");
  facts.staging = StagingMethod::overlay;
  facts.sharing = Sharing{true, UpperAccess::direct, ""};
  CHECK(check_staging(facts).verdict == Verdict::ok);
  facts.staging = StagingMethod::automatic;
  facts.engine = failure(ErrorKind::unavailable, "away");
  CHECK(check_staging(facts).verdict == Verdict::ok);
}

TEST_CASE("jobs that cannot reach the daemon run all the same") {
  Facts facts = healthy();
  facts.job_endpoint = failure(ErrorKind::unsupported, "the Engine is far away");
  CHECK(check_job_endpoint(facts).verdict == Verdict::warning);
  CHECK(contains(check_job_endpoint(facts).finding, "the Engine is far away"));
  facts.job_endpoint = failure(ErrorKind::limit_exceeded, "no network is free");
  CHECK(check_job_endpoint(facts).verdict == Verdict::problem);
  CHECK(contains(check_job_endpoint(facts).remedy, "--network-cidr"));
}

TEST_CASE("a firewall that may keep containers away is named with its remedy") {
  Facts facts = healthy();
  facts.firewall = true;
  CHECK(check_job_endpoint(facts).verdict == Verdict::warning);
  CHECK(contains(check_job_endpoint(facts).remedy, "ufw allow proto tcp from 10.213.0.0/16"));
}

TEST_CASE("disks are judged by what is free") {
  CHECK(check_disk({"data directory", "/d", 5 * gibibyte}).verdict == Verdict::ok);
  CHECK(check_disk({"data directory", "/d", 5 * gibibyte - 1}).verdict == Verdict::warning);
  CHECK(check_disk({"data directory", "/d", gibibyte / 4 - 1}).verdict == Verdict::problem);
  CHECK(contains(check_disk({"Docker Engine", "/d", 0}).remedy, "docker system prune"));
  const DiskFacts unknown{"data directory", "/d", failure(ErrorKind::internal, "no answer")};
  CHECK(check_disk(unknown).verdict == Verdict::warning);
}

TEST_CASE("the address is free, ours, or taken") {
  const ListenAddress address{"127.0.0.1", 80};
  CHECK(check_port({address, EADDRINUSE, true}).finding == "a Trainyard answers at 127.0.0.1:80");
  CHECK(check_port({address, EADDRINUSE, false}).verdict == Verdict::problem);
  CHECK(contains(check_port({address, EACCES, false}).remedy, "above 1023"));
  CHECK(
      contains(check_port({address, EADDRNOTAVAIL, false}).finding, "no address of this machine"));
  CHECK(check_port({address, EINVAL, false}).verdict == Verdict::problem);
  CHECK(check_port({{"127.0.0.1", 0}, 0, false}).finding == "a free port will be picked");
}

TEST_CASE("a data directory in use names the process") {
  CHECK(check_data_directory({"/d", {}, 123}).finding ==
        "/d is used by the Trainyard that runs (process 123)");
  CHECK(check_data_directory({"/d", {}, 0}).finding == "/d is used by the Trainyard that runs");
}

}  // namespace trainyard::server
