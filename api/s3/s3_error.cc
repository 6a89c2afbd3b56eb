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
    {"BadDigest", 400, "The Content-MD5 you specified did not match what we received."},
    {"BucketAlreadyExists", 409,
     "The requested bucket name is not available. The bucket namespace is shared by all users of "
     "the system. Please select a different name and try again."},
    {"BucketAlreadyOwnedByYou", 409,
     "Your previous request to create the named bucket succeeded and you already own it."},
    {"BucketNotEmpty", 409, "The bucket you tried to delete is not empty"},
    {"EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size"},
    {"EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size"},
    {"IncompleteBody", 400,
     "You did not provide the number of bytes specified by the Content-Length HTTP header"},
    {"InternalError", 500, "We encountered an internal error. Please try again."},
    {"InvalidArgument", 400, "Invalid Argument"},
    {"InvalidBucketName", 400, "The specified bucket is not valid."},
    {"InvalidDigest", 400, "The Content-MD5 you specified was invalid."},
    {"InvalidPart", 400,
     "One or more of the specified parts could not be found.  The part may not have been uploaded, "
     "or the specified entity tag may not match the part's entity tag."},
    {"InvalidPartNumber", 416, "The requested partnumber is not satisfiable"},
    {"InvalidPartOrder", 400,
     "The list of parts was not in ascending order. Parts must be ordered by part number."},
    {"InvalidRange", 416, "The requested range is not satisfiable"},
    {"InvalidRequest", 400, "Invalid Request"},
    {"InvalidURI", 400, "Couldn't parse the specified URI."},
    {"KeyTooLongError", 400, "Your key is too long"},
    {"MalformedTrailerError", 400,
     "The request contained trailing data that was not well-formed or did not conform to our "
     "published schema."},
    {"MalformedXML", 400,
     "The XML you provided was not well-formed or did not validate against our published schema"},
    {"MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size"},
    {"MethodNotAllowed", 405, "The specified method is not allowed against this resource."},
    {"MissingContentLength", 411, "You must provide the Content-Length HTTP header."},
    {"NoSuchBucket", 404, "The specified bucket does not exist"},
    {"NoSuchKey", 404, "The specified key does not exist."},
    {"NoSuchUpload", 404,
     "The specified upload does not exist. The upload ID may be invalid, or the upload may have "
     "been aborted or completed."},
    {"NoSuchVersion", 404, "The specified version does not exist."},
    {"NotImplemented", 501, "A header you provided implies functionality that is not implemented"},
    {"NotModified", 304, "Not Modified"},
    {"OperationAborted", 409,
     "A conflicting conditional operation is currently in progress against this resource. Please "
     "try again."},
    {"PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold"},
    {"RequestTimeout", 400,
     "Your socket connection to the server was not read from or written to within the timeout "
     "period. Idle connections will be closed."},
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
  if (response.status == 304) {
    // No body: what a cache wants to know comes as headers.
    for (const auto& [name, value] : error.details) response.headers.add(name, value);
    return response;
  }
  if (head) return response;
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
  if (error.kind == ErrorKind::timed_out) return {"RequestTimeout", "", {}};
  return {"InternalError", error.message, {}};
}

}  // namespace trainyard::api
