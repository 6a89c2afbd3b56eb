#include "api/s3/s3_error.h"

#include <algorithm>
#include <iterator>

#include "api/wire/xml_writer.h"

namespace trainyard::api {

namespace {

struct Form {
  std::string_view code;
  int status;
  std::string_view message;
};

constexpr Form forms[] = {
    {"AccessDenied", 403, "Access Denied"},
    {"AccessForbidden", 403, "CORSResponse: CORS is not enabled for this bucket."},
    {"AuthorizationHeaderMalformed", 400, "The authorization header is malformed."},
    {"AuthorizationQueryParametersError", 400,
     "Error parsing the query parameters of the signature."},
    {"BadDigest", 400, "The Content-MD5 you specified did not match what we received."},
    {"BadRequest", 400, "Bad Request"},
    {"BucketAlreadyExists", 409,
     "The requested bucket name is not available. The bucket namespace is shared by all users of "
     "the system. Please select a different name and try again."},
    {"BucketAlreadyOwnedByYou", 409,
     "Your previous request to create the named bucket succeeded and you already own it."},
    {"BucketNotEmpty", 409, "The bucket you tried to delete is not empty"},
    {"EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size"},
    {"EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size"},
    {"ExpiredToken", 400, "The provided token has expired."},
    {"IllegalVersioningConfigurationException", 400, "The Versioning element must be specified"},
    {"IncompleteBody", 400,
     "You did not provide the number of bytes specified by the Content-Length HTTP header"},
    {"InternalError", 500, "We encountered an internal error. Please try again."},
    {"InvalidAccessKeyId", 403,
     "The AWS Access Key Id you provided does not exist in our records."},
    {"InvalidArgument", 400, "Invalid Argument"},
    {"InvalidBucketName", 400, "The specified bucket is not valid."},
    {"InvalidDigest", 400, "The Content-MD5 you specified was invalid."},
    {"InvalidPart", 400,
     "One or more of the specified parts could not be found.  The part may not have been uploaded, "
     "or the specified entity tag may not match the part's entity tag."},
    {"InvalidPartNumber", 416, "The requested partnumber is not satisfiable"},
    {"InvalidPartOrder", 400,
     "The list of parts was not in ascending order. Parts must be ordered by part number."},
    {"InvalidPolicyDocument", 400,
     "The content of the form does not meet the conditions specified in the policy document."},
    {"InvalidRange", 416, "The requested range is not satisfiable"},
    {"InvalidRequest", 400, "Invalid Request"},
    {"InvalidTag", 400, "The tag provided was not a valid tag."},
    {"InvalidToken", 400, "The provided token is malformed or otherwise invalid."},
    {"InvalidURI", 400, "Couldn't parse the specified URI."},
    {"KeyTooLongError", 400, "Your key is too long"},
    {"MalformedPOSTRequest", 400,
     "The body of your POST request is not well-formed multipart/form-data."},
    {"MalformedTrailerError", 400,
     "The request contained trailing data that was not well-formed or did not conform to our "
     "published schema."},
    {"MalformedXML", 400,
     "The XML you provided was not well-formed or did not validate against our published schema"},
    {"MaxPostPreDataLengthExceeded", 400,
     "Your POST request fields preceding the upload file was too large."},
    {"MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size"},
    {"MethodNotAllowed", 405, "The specified method is not allowed against this resource."},
    {"MissingContentLength", 411, "You must provide the Content-Length HTTP header."},
    {"NoSuchBucket", 404, "The specified bucket does not exist"},
    {"NoSuchBucketPolicy", 404, "The bucket policy does not exist"},
    {"NoSuchCORSConfiguration", 404, "The CORS configuration does not exist"},
    {"NoSuchKey", 404, "The specified key does not exist."},
    {"NoSuchLifecycleConfiguration", 404, "The lifecycle configuration does not exist"},
    {"NoSuchTagSet", 404, "The TagSet does not exist"},
    {"NoSuchUpload", 404,
     "The specified upload does not exist. The upload ID may be invalid, or the upload may have "
     "been aborted or completed."},
    {"NoSuchVersion", 404, "The specified version does not exist."},
    {"NoSuchWebsiteConfiguration", 404,
     "The specified bucket does not have a website configuration"},
    {"NotImplemented", 501, "A header you provided implies functionality that is not implemented"},
    {"NotModified", 304, "Not Modified"},
    {"ObjectLockConfigurationNotFoundError", 404,
     "Object Lock configuration does not exist for this bucket"},
    {"OperationAborted", 409,
     "A conflicting conditional operation is currently in progress against this resource. Please "
     "try again."},
    {"PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold"},
    {"ReplicationConfigurationNotFoundError", 404, "The replication configuration was not found"},
    {"RequestTimeTooSkewed", 403,
     "The difference between the request time and the current time is too large."},
    {"RequestTimeout", 400,
     "Your socket connection to the server was not read from or written to within the timeout "
     "period. Idle connections will be closed."},
    {"SignatureDoesNotMatch", 403,
     "The request signature we calculated does not match the signature you provided. Check your "
     "key and signing method."},
    {"UserKeyMustBeSpecified", 400,
     "The bucket POST must contain a field named 'key'. If it is specified, please check the order "
     "of the fields."},
    {"XAmzContentSHA256Mismatch", 400,
     "The provided 'x-amz-content-sha256' header does not match what was computed."},
};

const Form& form_of(std::string_view code) {
  const Form* found = std::find_if(std::begin(forms), std::end(forms),
                                   [&](const Form& form) { return form.code == code; });
  return found == std::end(forms) ? form_of("InternalError") : *found;
}

}  // namespace

int status_of(std::string_view code) {
  return form_of(code).status;
}

std::string_view message_of(std::string_view code) {
  return form_of(code).message;
}

Response s3_error_response(const S3Error& error, const std::string& resource,
                           const std::string& request_id, bool head) {
  Response response;
  response.status = status_of(error.code);
  for (const auto& [name, value] : error.headers) response.headers.add(name, value);
  if (head || response.status == 304) return response;
  response.headers.add("Content-Type", "application/xml");
  XmlWriter xml("Error");
  xml.element("Code", error.code);
  xml.element("Message", error.message.empty() ? message_of(error.code) : error.message);
  for (const auto& [name, value] : error.details) xml.element(name, value);
  xml.element("Resource", resource);
  xml.element("RequestId", request_id);
  xml.element("HostId", request_id);
  response.body = xml.finish();
  return response;
}

S3Error general_error(const Error& error) {
  switch (error.kind) {
    case ErrorKind::timed_out:
      return {"RequestTimeout", "", {}};
    case ErrorKind::unsupported:
      return {"NotImplemented", error.message, {}};
    case ErrorKind::permission_denied:
      return {"AccessDenied", error.message, {}};
    case ErrorKind::invalid_argument:
      return {"InvalidArgument", error.message, {}};
    default:
      return {"InternalError", error.message, {}};
  }
}

}  // namespace trainyard::api
