// What a bucket that nobody has configured says of itself. Programs read these documents before
// they do something else; writing one that would have to change what the service does is not
// implemented.

#include <algorithm>
#include <iterator>

#include "api/s3/operations.h"
#include "api/wire/xml_writer.h"

namespace trainyard::api {

namespace {

struct Document {
  std::string_view sub_resource;
  const char* error;  // the code that says there is none, or else
  const char* root;   // the document
  void (*write)(XmlWriter&);
  bool deletable;  // deleting what is not there is no error and changes nothing
};

void write_nothing(XmlWriter&) {
}

void write_public_access_block(XmlWriter& xml) {
  for (const char* name :
       {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"}) {
    xml.element(name, true);
  }
}

void write_encryption(XmlWriter& xml) {
  xml.open("Rule");
  xml.open("ApplyServerSideEncryptionByDefault");
  xml.element("SSEAlgorithm", "AES256");
  xml.close();
  xml.element("BucketKeyEnabled", false);
}

void write_payer(XmlWriter& xml) {
  xml.element("Payer", "BucketOwner");
}

void write_ownership(XmlWriter& xml) {
  xml.open("Rule");
  xml.element("ObjectOwnership", "BucketOwnerEnforced");
}

constexpr Document documents[] = {
    {"accelerate", nullptr, "AccelerateConfiguration", write_nothing, false},
    {"encryption", nullptr, "ServerSideEncryptionConfiguration", write_encryption, true},
    {"lifecycle", "NoSuchLifecycleConfiguration", nullptr, nullptr, true},
    {"logging", nullptr, "BucketLoggingStatus", write_nothing, false},
    {"notification", nullptr, "NotificationConfiguration", write_nothing, false},
    {"object-lock", "ObjectLockConfigurationNotFoundError", nullptr, nullptr, false},
    {"ownershipControls", nullptr, "OwnershipControls", write_ownership, true},
    {"policy", "NoSuchBucketPolicy", nullptr, nullptr, true},
    {"policyStatus", "NoSuchBucketPolicy", nullptr, nullptr, false},
    {"publicAccessBlock", nullptr, "PublicAccessBlockConfiguration", write_public_access_block,
     true},
    {"replication", "ReplicationConfigurationNotFoundError", nullptr, nullptr, true},
    {"requestPayment", nullptr, "RequestPaymentConfiguration", write_payer, false},
    {"website", "NoSuchWebsiteConfiguration", nullptr, nullptr, true},
};

}  // namespace

bool is_bucket_document(std::string_view sub_resource, bool to_delete) {
  return std::any_of(std::begin(documents), std::end(documents), [&](const Document& document) {
    return document.sub_resource == sub_resource && (!to_delete || document.deletable);
  });
}

S3Result<Response> get_bucket_document(S3Call& call) {
  TRY_VOID(require_bucket(call));
  const Document* document = std::find_if(
      std::begin(documents), std::end(documents),
      [&](const Document& candidate) { return call.query.has(candidate.sub_resource); });
  if (document == std::end(documents)) return s3_failure("NotImplemented");
  if (document->error != nullptr) {
    return s3_failure(document->error, {{"BucketName", call.bucket}});
  }
  XmlWriter xml(document->root, s3_name_space);
  document->write(xml);
  return xml_response(xml.finish());
}

S3Result<Response> delete_bucket_document(S3Call& call) {
  TRY_VOID(require_bucket(call));
  Response response;
  response.status = 204;
  return response;
}

}  // namespace trainyard::api
