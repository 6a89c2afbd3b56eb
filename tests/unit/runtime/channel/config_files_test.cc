#include "runtime/channel/config_files.h"

#include <doctest/doctest.h>

namespace trainyard {
namespace {

ChannelSpec channel(const std::string& name, const std::string& uri,
                    const std::string& content_type = "") {
  ChannelSpec spec;
  spec.name = name;
  spec.uri = uri;
  spec.content_type = content_type;
  return spec;
}

JobSpec sample() {
  JobSpec spec;
  spec.name = "job";
  spec.instance_type = "ml.g4dn.12xlarge";
  spec.channels.push_back(channel("training", "s3://bucket/data/train"));
  return spec;
}

}  // namespace

TEST_CASE("hyperparameters stay the strings that they are") {
  JobSpec spec = sample();
  CHECK(hyperparameters_json(spec) == "{}");
  spec.hyperparameters = {
      {"epochs", "3"}, {"sagemaker_program", "\"train.py\""}, {"text", "\xc3\xbc\n"}};
  CHECK(hyperparameters_json(spec) == R"({"epochs":"3","sagemaker_program":"\"train.py\"","text":")"
                                      "\xc3\xbc"
                                      R"(\n"})");
}

TEST_CASE("input data configuration has the service's keys in the service's order") {
  JobSpec spec = sample();
  const std::string one = input_data_config_json(spec);
  CHECK(one == R"({"training":{"TrainingInputMode":"File","S3DistributionType":"FullyReplicated",)"
               R"("RecordWrapperType":"None"}})");
  CHECK(one.size() == 107);
  spec.channels.push_back(channel("aux", "file:///data", "text/csv"));
  CHECK(input_data_config_json(spec) ==
        R"({"training":{"TrainingInputMode":"File","S3DistributionType":"FullyReplicated",)"
        R"("RecordWrapperType":"None"},"aux":{"ContentType":"text/csv","TrainingInputMode":"File",)"
        R"("S3DistributionType":"FullyReplicated","RecordWrapperType":"None"}})");
  spec.channels.clear();
  CHECK(input_data_config_json(spec) == "{}");
}

TEST_CASE("resource configuration is byte for byte the service's") {
  const std::string text = resource_config_json(sample(), 1);
  CHECK(text ==
        R"({"current_host":"algo-1","current_instance_type":"ml.g4dn.12xlarge",)"
        R"("current_group_name":"homogeneousCluster","hosts":["algo-1"],"instance_groups":)"
        R"([{"instance_group_name":"homogeneousCluster","instance_type":"ml.g4dn.12xlarge",)"
        R"("hosts":["algo-1"]}],"network_interface_name":"eth0"})");
  CHECK(text.size() == 280);
}

TEST_CASE("init configuration") {
  CHECK(init_config_json(sample(), 1) ==
        R"({"inputMode":"FILE","channels":{"training":{"s3DataSource":{"s3DataType":"S3_PREFIX",)"
        R"("s3Uri":"s3://bucket/data/train","s3DataDistributionType":"FULLY_REPLICATED",)"
        R"("attributeNames":null},"fileSystemDataSource":null,"compressionType":"NONE",)"
        R"("recordWrapper":"NONE","shuffleConfig":null,"inputMode":"FILE","sharded":false}},)"
        R"("checkpointChannel":null,"hostConfig":{"clusterSize":1,"hostNumber":1},)"
        R"("enableAdditionalPlatformLoggingForCustomer":false,"jobRunInfo":{"jobRunNumber":1}})");
}

TEST_CASE("all files of input/config") {
  JobSpec spec = sample();
  spec.component_configs["debughookconfig.json"] = "{\"LocalPath\":\"/opt/ml/output/tensors\"}";
  const auto files = config_files(spec);
  CHECK(files.size() == 6);
  CHECK(files.at("metric-definition-regex.json") == "[]");
  CHECK(files.at("debughookconfig.json") == "{\"LocalPath\":\"/opt/ml/output/tensors\"}");
  CHECK(files.at("hyperparameters.json") == "{}");
  spec.metric_definitions = {{"loss", "loss=(.*)"}};
  const std::string definitions = config_files(spec).at("metric-definition-regex.json");
  CHECK(definitions == "[{\"Name\":\"loss\",\"Regex\":\"loss=(.*)\"}]");
}

}  // namespace trainyard
