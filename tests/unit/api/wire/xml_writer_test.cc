#include "api/wire/xml_writer.h"

#include <doctest/doctest.h>

namespace trainyard::api {

namespace {

std::string written(std::string_view text, XmlWriter::Controls controls) {
  XmlWriter xml("R", "", controls);
  xml.text(text);
  const std::string document = xml.finish();
  const std::size_t begin = document.find("<R>") + 3;
  return document.substr(begin, document.rfind("</R>") - begin);
}

}  // namespace

TEST_CASE("any text is safe in XML") {
  CHECK(written("<a & \"b\">\x01\n\xc3\xa9\xff", XmlWriter::Controls::referenced) ==
        "&lt;a &amp; &quot;b&quot;&gt;&#x1;&#xa;\xc3\xa9\xef\xbf\xbd");
  CHECK(written("\x01\t\r\xef\xbf\xbf", XmlWriter::Controls::replaced) ==
        "\xef\xbf\xbd&#x9;&#xd;\xef\xbf\xbd");
}

TEST_CASE("what is open at the end is closed") {
  XmlWriter xml("Root", "urn:x");
  xml.open("Inner");
  xml.element("Number", 5);
  xml.element("Flag", true);
  CHECK(xml.finish() ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Root "
        "xmlns=\"urn:x\"><Inner><Number>5</Number><Flag>true</Flag></Inner></Root>");
}

}  // namespace trainyard::api
