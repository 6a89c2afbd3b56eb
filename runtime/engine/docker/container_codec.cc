#include "runtime/engine/docker/container_codec.h"

#include <algorithm>

#include "runtime/engine/docker/engine_time.h"
#include "runtime/engine/docker/json_access.h"

namespace trainyard {
namespace {

using nlohmann::json;

json encode_labels(const Labels& labels) {
  return json(labels);
}

json encode_mount(const VolumeMount& mount) {
  // Without NoCopy the Engine would fill the volume with what the image has at the target.
  json options = {{"NoCopy", true}, {"Labels", encode_labels(mount.labels)}};
  if (!mount.driver_options.empty()) {
    options["DriverConfig"] = {{"Name", "local"}, {"Options", json(mount.driver_options)}};
  }
  json result = {{"Type", "volume"}, {"Target", mount.target}, {"VolumeOptions", options}};
  // Without a source the volume is anonymous and is removed with its container.
  if (!mount.volume.empty()) result["Source"] = mount.volume;
  return result;
}

json encode_host(const ContainerSpec& spec) {
  json mounts = json::array();
  for (const VolumeMount& mount : spec.mounts) mounts.push_back(encode_mount(mount));
  json host = {
      {"Mounts", mounts},
      {"NetworkMode", spec.network.empty() ? "none" : spec.network},
      {"RestartPolicy", {{"Name", "no"}}},
      {"AutoRemove", false},
      {"Privileged", false},
      // The Engine's own configuration may rotate logs, and a reader that is behind then loses
      // lines. json-file knows no "unlimited", but takes a size that no log reaches.
      {"LogConfig",
       {{"Type", "json-file"}, {"Config", {{"max-size", "1000000g"}, {"max-file", "1"}}}}},
  };
  if (!spec.dns.empty()) host["Dns"] = spec.dns;
  if (spec.shm_bytes > 0) host["ShmSize"] = spec.shm_bytes;
  if (spec.memory_bytes > 0) {
    host["Memory"] = spec.memory_bytes;
    // Equal means no swap: otherwise as much again could be swapped out.
    host["MemorySwap"] = spec.memory_bytes;
  }
  return host;
}

ContainerStatus decode_status(const std::string& status) {
  if (status == "created" || status == "configured" || status == "initialized") {
    return ContainerStatus::created;
  }
  if (status == "running" || status == "paused" || status == "restarting" || status == "stopping") {
    return ContainerStatus::running;
  }
  return ContainerStatus::exited;
}

Time decode_time(const std::string& text) {
  return parse_engine_time(text).value_or(Time{});
}

}  // namespace

json encode_container(const ContainerSpec& spec) {
  json body = {
      {"Image", spec.image},
      {"Env", spec.environment},
      {"Labels", encode_labels(spec.labels)},
      {"StopSignal", "SIGTERM"},  // whatever the image says
      {"Tty", false},
      {"OpenStdin", false},
      {"AttachStdin", false},
      {"AttachStdout", false},
      {"AttachStderr", false},
      {"HostConfig", encode_host(spec)},
  };
  if (spec.entrypoint) body["Entrypoint"] = *spec.entrypoint;
  if (spec.command) body["Cmd"] = *spec.command;
  if (!spec.hostname.empty()) body["Hostname"] = spec.hostname;
  if (!spec.network.empty()) {
    json endpoint = json::object();
    if (!spec.aliases.empty()) endpoint["Aliases"] = spec.aliases;
    body["NetworkingConfig"] = {{"EndpointsConfig", {{spec.network, endpoint}}}};
  }
  return body;
}

ContainerState decode_container(const json& inspection) {
  const json& state = object_at(inspection, "State");
  ContainerState result;
  result.id = text_at(inspection, "Id");
  result.status = decode_status(text_at(state, "Status"));
  result.exit_code = static_cast<int>(integer_at(state, "ExitCode"));
  result.out_of_memory = flag_at(state, "OOMKilled");
  result.error = text_at(state, "Error");
  result.started_at = decode_time(text_at(state, "StartedAt"));
  // Where it is running again, its last end is still there.
  if (result.status == ContainerStatus::exited) {
    // The Engine notes a start after it has happened, and an end as it happens: of a container that
    // lives for a moment, the end may come first.
    result.finished_at = std::max(decode_time(text_at(state, "FinishedAt")), result.started_at);
  }
  result.labels = labels_at(object_at(inspection, "Config"), "Labels");
  const json& settings = object_at(inspection, "NetworkSettings");
  for (const auto& [name, network] : object_at(settings, "Networks").items()) {
    if (!result.network_address.empty()) break;
    result.network_address = text_at(network, "IPAddress");
    result.network = text_at(network, "NetworkID");
  }
  for (const json& mount : array_at(inspection, "Mounts")) {
    const std::string source = text_at(mount, "Source");
    if (text_at(mount, "Type") == "volume" && !source.empty()) {
      result.mountpoints[text_at(mount, "Destination")] = source;
    }
  }
  return result;
}

}  // namespace trainyard
