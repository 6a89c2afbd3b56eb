#include "runtime/object/bucket_store.h"

#include "runtime/object/object_files.h"

namespace trainyard {

std::string etag_of_parts(const std::vector<PartInfo>& parts) {
  std::string digests;
  for (const PartInfo& part : parts) digests += from_hex(part.etag).value_or("");
  return fmt::format("{}-{}", to_hex(digest_of(DigestAlgorithm::md5, digests)), parts.size());
}

std::optional<ObjectChecksum> checksum_of_parts(const UploadInfo& upload,
                                                const std::vector<PartInfo>& parts) {
  const auto algorithm = parse_checksum_algorithm(upload.checksum_algorithm);
  if (!algorithm) return std::nullopt;
  ObjectChecksum checksum{upload.checksum_algorithm, "", upload.checksum_type};
  if (upload.checksum_type == "COMPOSITE") {
    std::string digests;
    for (const PartInfo& part : parts) digests += from_base64(part.checksum).value_or("");
    checksum.value = fmt::format("{}-{}", to_base64(digest_of(*algorithm, digests)), parts.size());
    return checksum;
  }
  std::string whole = digest_of(*algorithm, "");
  for (const PartInfo& part : parts) {
    whole =
        combine_digests(*algorithm, whole, from_base64(part.checksum).value_or(whole), part.size);
  }
  checksum.value = to_base64(whole);
  return checksum;
}

ObjectChecksum full_object_checksum(DigestAlgorithm algorithm, std::string_view raw) {
  return {std::string(to_string(algorithm)), to_base64(raw), "FULL_OBJECT"};
}

Result<ObjectInfo> copy_bytes(BucketStore& to, const BucketReader& source,
                              const std::string& bucket, const std::string& key,
                              const CopyOptions& options) {
  PutOptions put;
  put.durable = options.durable;
  put.condition = options.condition;
  put.checksum = options.checksum;
  if (!put.checksum && source.info().checksum) {
    put.checksum = parse_checksum_algorithm(source.info().checksum->algorithm);
  }
  TRY(const auto writer, to.put_object(bucket, key, options.metadata, put));
  FileRangeSource bytes(source.fd(), 0, source.info().size);
  TRY_VOID(copy_all(bytes, *writer));
  return writer->commit();
}

}  // namespace trainyard
