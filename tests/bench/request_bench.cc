// What a request costs before anything is done about it: reading its JSON and holding it against
// the table of shapes; and the decoder of S3's chunked bodies.

#include <algorithm>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include "api/s3/chunk_decoder.h"
#include "api/sagemaker/model.h"
#include "api/validation/unsupported.h"
#include "api/validation/validate.h"
#include "tests/bench/require.h"

namespace trainyard::api {
namespace {

// As an SDK sends it: every usual member, and many hyperparameters.
std::string create_request() {
  nlohmann::json request = nlohmann::json::parse(R"json({
    "TrainingJobName": "pytorch-training-2024-01-01-00-00-00-000",
    "AlgorithmSpecification": {"TrainingImage": "image:1", "TrainingInputMode": "File",
      "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}]},
    "RoleArn": "arn:aws:iam::123456789012:role/trainer",
    "InputDataConfig": [
      {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix",
        "S3Uri": "s3://bucket/train", "S3DataDistributionType": "FullyReplicated"}}},
      {"ChannelName": "test", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix",
        "S3Uri": "s3://bucket/test", "S3DataDistributionType": "FullyReplicated"}}}],
    "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
    "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
    "Tags": [{"Key": "team", "Value": "research"}]
  })json");
  for (int i = 0; i < 40; ++i) {
    request["HyperParameters"][fmt::format("parameter-{}", i)] = "\"some value\"";
  }
  return request.dump();
}

void validate_create_request(benchmark::State& state) {
  const std::string text = create_request();
  const Shape& shape = sagemaker_model().shape("CreateTrainingJobRequest");
  for (auto _ : state) {
    const auto validated = validate(shape, nlohmann::json::parse(text));
    if (!validated || !validated->violations.empty()) {
      return state.SkipWithError("the request is not valid");
    }
    benchmark::DoNotOptimize(refused_members(validated->value));
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(validate_create_request)->Unit(benchmark::kMicrosecond);

void decode_chunks(benchmark::State& state) {
  // SDKs make chunks of 64 KiB and more.
  const auto chunk_bytes = static_cast<std::size_t>(state.range(0));
  std::string body;
  for (int i = 0; i < 64; ++i) {
    body += fmt::format("{:x}\r\n", chunk_bytes) + std::string(chunk_bytes, 'x') + "\r\n";
  }
  body += "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
  for (auto _ : state) {
    ChunkDecoder decoder;
    std::span<const std::byte> left = as_bytes(body);
    while (!left.empty()) {
      std::span<const std::byte> piece = left.first(std::min(left.size(), stream_buffer_bytes));
      left = left.subspan(piece.size());
      while (!piece.empty()) {
        piece = piece.subspan(require(decoder.decode(piece)).consumed);
      }
    }
    if (!decoder.finished()) return state.SkipWithError("the body did not end");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}
BENCHMARK(decode_chunks)->Arg(1024)->Arg(64 * 1024)->Arg(1024 * 1024);

}  // namespace
}  // namespace trainyard::api
