#include "runtime/engine/docker/docker_engine.h"
#include "runtime/engine/docker/json_access.h"
#include "runtime/engine/docker/requests.h"

namespace trainyard {
namespace {

nlohmann::json encode_network(const NetworkSpec& spec) {
  nlohmann::json options = nlohmann::json::object();
  // An internal network alone still reaches the host through the gateway's address.
  if (spec.isolated) options["com.docker.network.bridge.inhibit_ipv4"] = "true";
  const nlohmann::json subnet = {{"Subnet", spec.subnet}};
  return {
      {"Name", spec.name},
      {"CheckDuplicate", true},
      {"Driver", "bridge"},
      {"Internal", spec.isolated},
      {"EnableIPv6", false},
      // An explicit subnet: the Engine's own address pools run out at about thirty networks.
      {"IPAM", {{"Driver", "default"}, {"Config", nlohmann::json::array({subnet})}}},
      {"Options", options},
      {"Labels", nlohmann::json(spec.labels)},
  };
}

}  // namespace

Result<std::string> DockerEngine::create_network(const NetworkSpec& spec) {
  TRY(const nlohmann::json json,
      json_reply(client_.call(post_request("/networks/create", encode_network(spec))),
                 fmt::format("creating the network {} ({})", spec.name, spec.subnet)));
  return text_at(json, "Id");
}

Result<void> DockerEngine::remove_network(const std::string& id) {
  return plain_reply(client_.call(delete_request("/networks/" + encode_path(id))),
                     fmt::format("removing the network {}", id), true);
}

Result<std::vector<ResourceSummary>> DockerEngine::list_networks(const Labels& labels) {
  TRY(const nlohmann::json json,
      json_reply(client_.call(get_request("/networks?" + label_filter(labels))),
                 "listing networks"));
  return summaries(json, "Id");
}

Result<void> DockerEngine::connect_network(const std::string& network, const std::string& container,
                                           const std::string& address) {
  // The container's default gateway stays where it is (API 1.48; older Engines do not look at it).
  const nlohmann::json body = {
      {"Container", container},
      {"EndpointConfig", {{"IPAMConfig", {{"IPv4Address", address}}}, {"GwPriority", -1}}},
  };
  const auto reply =
      client_.call(post_request(fmt::format("/networks/{}/connect", encode_path(network)), body));
  if (reply && reply->body.find("already exists in network") != std::string::npos) return {};
  return plain_reply(reply, fmt::format("joining the network {} at {}", network, address));
}

Result<void> DockerEngine::disconnect_network(const std::string& network,
                                              const std::string& container) {
  const nlohmann::json body = {{"Container", container}, {"Force", true}};
  const auto reply = client_.call(
      post_request(fmt::format("/networks/{}/disconnect", encode_path(network)), body));
  if (reply && reply->body.find("is not connected to") != std::string::npos) return {};
  return plain_reply(reply, fmt::format("leaving the network {}", network), true);
}

}  // namespace trainyard
