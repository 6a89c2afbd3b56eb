#include "api/cloudwatch/cloudwatch_service.h"

#include <doctest/doctest.h>

#include "api/wire/cbor.h"
#include "runtime/object/digest.h"
#include "runtime/store/sqlite.h"
#include "tests/support/fake_clock.h"
#include "tests/support/golden.h"
#include "tests/support/request.h"
#include "tests/support/temp_dir.h"

namespace trainyard::api {

namespace {

using Json = nlohmann::json;

// 2023-11-14T22:13:20Z, the fake clock's beginning.
constexpr std::int64_t clock_begin = 1'700'000'000;

struct CloudWatchFixture {
  Response send(testing::TestRequest& request, Protocol protocol) {
    return service.handle(request.request(), protocol);
  }

  Response json(const std::string& operation, const std::string& body,
                std::vector<std::string> fields = {}) {
    fields.push_back("X-Amz-Target: GraniteServiceVersion20100801." + operation);
    testing::TestRequest request("POST", "/", fields, body);
    return send(request, Protocol::json);
  }

  Response query(const std::string& form) {
    testing::TestRequest request("POST", "/", {}, form + "&Version=2010-08-01");
    return send(request, Protocol::query);
  }

  Response cbor(const std::string& operation, const std::string& body) {
    testing::TestRequest request("POST",
                                 "/service/GraniteServiceVersion20100801/operation/" + operation,
                                 {"Smithy-Protocol: rpc-v2-cbor"}, body);
    return send(request, Protocol::cbor);
  }

  // Through JSON, which must succeed.
  Json call(const std::string& operation, const Json& in) {
    const Response response = json(operation, in.dump());
    const auto& text = std::get<std::string>(response.body);
    REQUIRE_MESSAGE(response.status == 200, text);
    return text.empty() ? Json() : Json::parse(text);
  }

  // Through JSON, which must fail: the error's name and text.
  std::string error(const std::string& operation, const Json& in) {
    const Response response = json(operation, in.dump());
    CHECK(response.status == 400);
    const Json body = Json::parse(std::get<std::string>(response.body));
    return body.value("__type", "") + ": " + body.value("message", "");
  }

  void put(const std::string& name, std::int64_t after, double value, const Json& more = {}) {
    Json datum{{"MetricName", name}, {"Timestamp", clock_begin + after}, {"Value", value}};
    if (more.is_object()) datum.update(more);
    call("PutMetricData", {{"Namespace", "Space"}, {"MetricData", {datum}}});
  }

  static Json statistics(const std::string& name, std::int64_t from, std::int64_t to,
                         std::int64_t period) {
    return {{"Namespace", "Space"},        {"MetricName", name}, {"StartTime", clock_begin + from},
            {"EndTime", clock_begin + to}, {"Period", period},   {"Statistics", {"Average"}}};
  }

  static Json data(const Json& queries, std::int64_t from, std::int64_t to) {
    return {{"MetricDataQueries", queries},
            {"StartTime", clock_begin + from},
            {"EndTime", clock_begin + to}};
  }

  static Json stat(const std::string& id, const std::string& name, const std::string& statistic,
                   std::int64_t period) {
    return {{"Id", id},
            {"MetricStat",
             {{"Metric", {{"Namespace", "Space"}, {"MetricName", name}}},
              {"Period", period},
              {"Stat", statistic}}}};
  }

  testing::FakeClock clock;
  testing::TempDir directory;
  std::unique_ptr<MetricStore> store =
      std::move(MetricStore::open(directory.path() / "metrics.db").value());
  CloudWatchService service{*store, clock};
};

std::string text_of(const Response& response) {
  return std::get<std::string>(response.body);
}

}  // namespace

TEST_CASE_FIXTURE(CloudWatchFixture, "three protocols put and read the same metric") {
  const Response by_json = json("PutMetricData", R"({"Namespace":"Space","MetricData":[
      {"MetricName":"m","Dimensions":[{"Name":"D","Value":"x"}],"Timestamp":1699999980,"Value":1.5}]})");
  CHECK(by_json.status == 200);
  CHECK(text_of(by_json).empty());
  const Response by_query = query(
      "Action=PutMetricData&Namespace=Space&MetricData.member.1.MetricName=m&"
      "MetricData.member.1.Dimensions.member.1.Name=D&"
      "MetricData.member.1.Dimensions.member.1.Value=x&"
      "MetricData.member.1.Timestamp=2023-11-14T22%3A13%3A00Z&"
      "MetricData.member.1.Values.member.1=2&MetricData.member.1.Values.member.2=3&"
      "MetricData.member.1.Counts.member.1=1&MetricData.member.1.Counts.member.2=2");
  CHECK(by_query.status == 200);
  testing::check_golden("cloudwatch/put_metric_data.xml", text_of(by_query));
  // {"Namespace": "Space", "MetricData": [{"MetricName": "m", "Dimensions": [{"Name": "D", "Value":
  // "x"}], "Timestamp": 1(1699999980.0), "StatisticValues": {"SampleCount": 2.0, "Sum": 10.0,
  // "Minimum": 4.0, "Maximum": 6.0}}]}
  const Response by_cbor = cbor(
      "PutMetricData",
      *from_hex("a2694e616d6573706163656553706163656a4d65747269634461746181a46a4d65747269634e616d"
                "65616d6a44696d656e73696f6e7381a2644e616d6561446556616c756561786954696d657374616d"
                "70c1fb41d954fc3b0000006f53746174697374696356616c756573a46b53616d706c65436f756e74"
                "fb40000000000000006353756dfb4024000000000000674d696e696d756dfb401000000000000067"
                "4d6178696d756dfb4018000000000000"));
  CHECK_MESSAGE(by_cbor.status == 200, text_of(by_cbor));
  CHECK(by_cbor.headers.get("Content-Type") == "application/cbor");
  CHECK(by_cbor.headers.get("Smithy-Protocol") == "rpc-v2-cbor");
  CHECK(text_of(by_cbor).empty());

  const std::string question =
      R"({"Namespace":"Space","MetricName":"m","Dimensions":[{"Name":"D","Value":"x"}],
          "StartTime":1699999980,"EndTime":1700000040,"Period":60,
          "Statistics":["Average","Sum","Minimum","Maximum","SampleCount"]})";
  const Response json_answer = json("GetMetricStatistics", question);
  CHECK(json_answer.headers.get("Content-Type") == "application/x-amz-json-1.0");
  testing::check_golden("cloudwatch/get_metric_statistics.json", text_of(json_answer));
  testing::check_golden(
      "cloudwatch/get_metric_statistics.xml",
      text_of(query("Action=GetMetricStatistics&Namespace=Space&MetricName=m&"
                    "Dimensions.member.1.Name=D&Dimensions.member.1.Value=x&"
                    "StartTime=2023-11-14T22:13:00Z&EndTime=2023-11-14T22:14:00Z&Period=60&"
                    "Statistics.member.1=Average&Statistics.member.2=Sum&"
                    "Statistics.member.3=Minimum&Statistics.member.4=Maximum&"
                    "Statistics.member.5=SampleCount")));
  const auto bytes = Json::to_cbor(Json::parse(question));
  const Response cbor_answer = cbor("GetMetricStatistics", {bytes.begin(), bytes.end()});
  testing::check_golden("cloudwatch/get_metric_statistics.cbor.hex",
                        to_hex(text_of(cbor_answer)) + "\n");
  CHECK(parse_cbor_body(text_of(cbor_answer)) == Json::parse(text_of(json_answer)));
}

TEST_CASE_FIXTURE(CloudWatchFixture, "three protocols read the same metric data") {
  for (int i = 0; i < 3; ++i) put("m", i * 60, i + 0.5);
  const Json question = {
      {"MetricDataQueries", {stat("a", "m", "Sum", 60), stat("b", "other", "p50", 60)}},
      {"StartTime", clock_begin - 100},
      {"EndTime", clock_begin + 400},
      {"ScanBy", "TimestampAscending"},
      {"MaxDatapoints", 2}};
  const Json by_json = call("GetMetricData", question);
  const Json& found = by_json["MetricDataResults"];
  REQUIRE(found.size() == 1);  // the other query has its turn behind the token
  CHECK(found[0]["Values"] == Json{0.5, 1.5});

  const std::string form =
      "Action=GetMetricData&MetricDataQueries.member.1.Id=a&"
      "MetricDataQueries.member.1.MetricStat.Metric.Namespace=Space&"
      "MetricDataQueries.member.1.MetricStat.Metric.MetricName=m&"
      "MetricDataQueries.member.1.MetricStat.Period=60&"
      "MetricDataQueries.member.1.MetricStat.Stat=Sum&MetricDataQueries.member.2.Id=b&"
      "MetricDataQueries.member.2.MetricStat.Metric.Namespace=Space&"
      "MetricDataQueries.member.2.MetricStat.Metric.MetricName=other&"
      "MetricDataQueries.member.2.MetricStat.Period=60&"
      "MetricDataQueries.member.2.MetricStat.Stat=p50&StartTime=2023-11-14T22%3A11%3A40Z&"
      "EndTime=2023-11-14T22%3A20%3A00Z&ScanBy=TimestampAscending&MaxDatapoints=2";
  const Response by_query = query(form);
  CHECK(by_query.status == 200);
  testing::check_golden("cloudwatch/get_metric_data.xml", text_of(by_query));
  const auto bytes = Json::to_cbor(question);
  const Response by_cbor = cbor("GetMetricData", {bytes.begin(), bytes.end()});
  CHECK(by_cbor.status == 200);
  testing::check_golden("cloudwatch/get_metric_data.cbor.hex", to_hex(text_of(by_cbor)) + "\n");
  CHECK(parse_cbor_body(text_of(by_cbor)) == by_json);

  // A token that one protocol gave out is good in the others.
  Json rest = question;
  rest["NextToken"] = by_json["NextToken"];
  const auto more = Json::to_cbor(rest);
  const Response second = cbor("GetMetricData", {more.begin(), more.end()});
  CHECK(parse_cbor_body(text_of(second))->at("MetricDataResults")[0]["Values"] == Json{2.5});
  const Response refused = query(form + "&NextToken=nonsense");
  CHECK(refused.status == 400);
  CHECK(text_of(refused).find("<Code>InvalidNextToken</Code>") != std::string::npos);
}

TEST_CASE_FIXTURE(CloudWatchFixture, "three protocols list the same metrics") {
  put("m", 0, 1, {{"Dimensions", {{{"Name", "D"}, {"Value", "x & <y>"}}}}});
  put("m", 0, 1, {{"Dimensions", {{{"Name", "E"}, {"Value", "x"}}}}});
  put("n", 0, 1);
  const Json by_json = call("ListMetrics", {{"Namespace", "Space"}});
  CHECK(by_json["Metrics"].size() == 3);

  const Response by_query = query("Action=ListMetrics&Namespace=Space");
  CHECK(by_query.status == 200);
  testing::check_golden("cloudwatch/list_metrics.xml", text_of(by_query));
  const auto ask = [&](const Json& question) {
    const auto bytes = Json::to_cbor(question);
    return cbor("ListMetrics", {bytes.begin(), bytes.end()});
  };
  const Response by_cbor = ask({{"Namespace", "Space"}});
  CHECK(by_cbor.status == 200);
  testing::check_golden("cloudwatch/list_metrics.cbor.hex", to_hex(text_of(by_cbor)) + "\n");
  CHECK(parse_cbor_body(text_of(by_cbor)) == by_json);

  const auto metrics = [](const Response& response) {
    return parse_cbor_body(text_of(response))->at("Metrics");
  };
  CHECK(metrics(ask({{"Dimensions", {{{"Name", "E"}}}}, {"RecentlyActive", "PT3H"}})).size() == 1);
  const std::string filtered =
      text_of(query("Action=ListMetrics&Dimensions.member.1.Name=D&"
                    "Dimensions.member.1.Value=x+%26+%3Cy%3E&RecentlyActive=PT3H"));
  CHECK(filtered.find("<Value>x &amp; &lt;y&gt;</Value>") != std::string::npos);
  CHECK(filtered.find("<Name>E</Name>") == std::string::npos);
}

TEST_CASE_FIXTURE(CloudWatchFixture, "an error has each protocol's form and name") {
  const std::string body = statistics("m", 60, 0, 60).dump();
  const Response plain = json("GetMetricStatistics", body);
  testing::check_golden("cloudwatch/error.json", text_of(plain));
  CHECK_FALSE(plain.headers.find("x-amzn-query-error"));
  CHECK(json("GetMetricStatistics", body, {"x-amzn-query-mode: true"})
            .headers.get("x-amzn-query-error") == "InvalidParameterValue;Sender");
  testing::check_golden(
      "cloudwatch/error.xml",
      text_of(query("Action=GetMetricStatistics&Namespace=Space&MetricName=m&"
                    "StartTime=2023-11-14T22:13:00Z&EndTime=2023-11-14T22:13:00Z&Period=60&"
                    "Statistics.member.1=Average")));
  const auto bytes = Json::to_cbor(Json::parse(body));
  const Response binary = cbor("GetMetricStatistics", {bytes.begin(), bytes.end()});
  CHECK(binary.status == 400);
  CHECK(parse_cbor_body(text_of(binary))->at("__type") == "InvalidParameterValueException");
  CHECK(cbor("DeleteAlarms", "").status == 501);
  CHECK(cbor("Nothing", "").status == 400);
  CHECK(json("PutDashboard", "{}").status == 501);
}

TEST_CASE_FIXTURE(CloudWatchFixture, "statistics are by whole minutes from the rounded start") {
  put("m", 0, 1);    // 22:13:20
  put("m", 39, 3);   // 22:13:59
  put("m", 40, 10);  // 22:14:00
  const Json answer = call("GetMetricStatistics", statistics("m", 10, 61, 60));
  CHECK(answer["Label"] == "m");
  CHECK(answer["Datapoints"] ==
        Json::parse(R"([{"Timestamp":1699999980.0,"Unit":"None","Average":2.0},
                        {"Timestamp":1700000040.0,"Unit":"None","Average":10.0}])"));
  CHECK(call("GetMetricStatistics", statistics("m", 0, 61, 1))["Datapoints"].size() == 3);
  CHECK(call("GetMetricStatistics", statistics("other", 0, 61, 1))["Datapoints"].empty());
}

TEST_CASE_FIXTURE(CloudWatchFixture, "percentiles are extended statistics") {
  for (int value = 1; value <= 10; ++value) put("m", 0, value);
  Json in = statistics("m", 0, 60, 60);
  in.erase("Statistics");
  in["ExtendedStatistics"] = {"p50", "p99.9"};
  CHECK(call("GetMetricStatistics", in)["Datapoints"][0]["ExtendedStatistics"] ==
        Json{{"p50", 5.0}, {"p99.9", 10.0}});
}

TEST_CASE_FIXTURE(CloudWatchFixture, "questions that the service refuses are refused") {
  const auto refused = [&](const Json& change) {
    Json in = statistics("m", 0, 60, 60);
    in.update(change);
    return error("GetMetricStatistics", in);
  };
  CHECK(refused({{"Period", 45}}).starts_with("InvalidParameterValueException: "));
  CHECK(refused({{"EndTime", clock_begin}}) ==
        "InvalidParameterValueException: The parameter StartTime must be less than the parameter "
        "EndTime.");
  CHECK(refused({{"Period", 1}, {"EndTime", clock_begin + 1800}}) ==
        "InvalidParameterCombinationException: You have requested up to 1800 datapoints, which "
        "exceeds the limit of 1440. You may reduce the datapoints requested by increasing Period, "
        "or decreasing the time range.");
  CHECK(refused({{"ExtendedStatistics", {"p50"}}})
            .starts_with("InvalidParameterCombinationException: "));
  CHECK(refused({{"Statistics", Json()}}).starts_with("MissingRequiredParameterException: "));
  CHECK(
      refused({{"Statistics", {"Median"}}}).starts_with("ValidationException: 1 validation error"));
  CHECK(refused({{"Namespace", ""}}).starts_with("ValidationException: "));
}

TEST_CASE_FIXTURE(CloudWatchFixture, "times may be as far apart as numbers go") {
  const auto question = [](double start, double end) {
    Json in = statistics("m", 0, 60, 60);
    in["StartTime"] = start;
    in["EndTime"] = end;
    return in;
  };
  CHECK(error("GetMetricStatistics", question(-9.2e9, 9.2e9))
            .starts_with("InvalidParameterCombinationException: You have requested up to "
                         "306666"));
  // Rounded down to an hour, as of any time long ago: half an hour of minutes more.
  const double half_past = -9.2e9 + 200;
  CHECK(error("GetMetricStatistics", question(half_past, half_past + 1440 * 60))
            .starts_with("InvalidParameterCombinationException: You have requested up to "
                         "1470 datapoints"));
}

TEST_CASE_FIXTURE(CloudWatchFixture, "a store that fails is told of by the service's own name") {
  Database database =
      Database::open(directory.path() / "metrics.db", Database::Sync::normal).value();
  REQUIRE(database.execute("DROP TABLE sample; DROP TABLE series"));
  const auto name_of = [&](const std::string& operation, const Json& in) {
    const Response response = json(operation, in.dump());
    CHECK(response.status == 500);
    return Json::parse(text_of(response)).value("__type", "");
  };
  CHECK(name_of("GetMetricStatistics", statistics("m", 0, 60, 60)) == "InternalServiceFault");
  CHECK(name_of("ListMetrics", Json::object()) == "InternalServiceFault");
  CHECK(name_of("GetMetricData", data(Json::array({stat("a", "m", "Sum", 60)}), 0, 60)) ==
        "InternalServiceFault");
  CHECK(name_of("PutMetricData",
                {{"Namespace", "Space"}, {"MetricData", {{{"MetricName", "m"}, {"Value", 1}}}}}) ==
        "InternalServiceFault");
}

TEST_CASE_FIXTURE(CloudWatchFixture, "data that the service refuses is refused, all of it") {
  const auto refused = [&](const Json& datum) {
    return error(
        "PutMetricData",
        {{"Namespace", "Space"}, {"MetricData", {{{"MetricName", "good"}, {"Value", 1}}, datum}}});
  };
  CHECK(refused({{"MetricName", "m"}}).starts_with("MissingRequiredParameterException: "));
  CHECK(refused({{"MetricName", "m"}, {"Value", 1}, {"Values", {1}}})
            .starts_with("InvalidParameterCombinationException: "));
  CHECK(refused({{"MetricName", "m"}, {"Values", {1, 2}}, {"Counts", {1}}})
            .starts_with("InvalidParameterValueException: "));
  CHECK(refused({{"MetricName", "m"}, {"Values", Json::array()}})
            .starts_with("InvalidParameterValueException: "));
  CHECK(refused({{"MetricName", "m"}, {"Value", 1}, {"Timestamp", clock_begin - 15 * 86400}}) ==
        "InvalidParameterValueException: The parameter MetricData.member.2.Timestamp must specify "
        "a time no more than two weeks in the past.");
  CHECK(refused({{"MetricName", "m"}, {"Value", 1}, {"Timestamp", clock_begin + 7201}})
            .starts_with("InvalidParameterValueException: "));
  const Json twice = Json::parse(R"([{"Name":"a","Value":"1"},{"Name":"a","Value":"2"}])");
  CHECK(refused({{"MetricName", "m"}, {"Value", 1}, {"Dimensions", twice}})
            .starts_with("InvalidParameterValueException: "));
  CHECK(error("PutMetricData", {{"Namespace", "AWS/EC2"}, {"MetricData", Json::array()}})
            .starts_with("InvalidParameterValueException: "));
  CHECK(error("PutMetricData", {{"Namespace", "Space"}})
            .starts_with("MissingRequiredParameterException: "));
  CHECK(call("ListMetrics", Json::object())["Metrics"].empty());
}

TEST_CASE_FIXTURE(CloudWatchFixture, "values are so small that their sums are numbers") {
  const Json set{{"SampleCount", 1}, {"Sum", 1}, {"Minimum", 1}, {"Maximum", 1}};
  const auto set_with = [&](const char* member) {
    Json changed = set;
    changed[member] = 3e108;
    return Json{{"StatisticValues", changed}};
  };
  for (const Json& datum :
       {Json{{"Value", 3e108}}, Json{{"Value", -3e108}}, Json{{"Values", {1, 3e108}}},
        Json{{"Values", {1}}, {"Counts", {3e108}}}, set_with("SampleCount"), set_with("Sum"),
        set_with("Maximum")}) {
    CAPTURE(datum.dump());
    Json named = datum;
    named["MetricName"] = "m";
    CHECK(error("PutMetricData", {{"Namespace", "Space"}, {"MetricData", {named}}})
              .ends_with("is invalid: it must be between -2^360 and 2^360."));
  }
  for (int i = 0; i < 3; ++i) put("m", i, 2e108, {{"Timestamp", clock_begin}});
  const Json point = call("GetMetricStatistics", statistics("m", 0, 60, 60))["Datapoints"][0];
  CHECK(point["Average"].get<double>() == doctest::Approx(2e108));
  const std::string put_by_form = "Action=PutMetricData&Namespace=Space&MetricData.member.1.";
  CHECK(query(put_by_form + "MetricName=m&MetricData.member.1.Value=nan").status == 400);
  CHECK(query(put_by_form + "MetricName=m&MetricData.member.1.Value=inf").status == 400);
  CHECK(query("Action=GetMetricStatistics&Namespace=Space&MetricName=m&StartTime=nan&EndTime=1&"
              "Period=60&Statistics.member.1=Sum")
            .status == 400);
}

TEST_CASE_FIXTURE(CloudWatchFixture, "data is put without a time, and with entities") {
  call("PutMetricData",
       {{"Namespace", "Space"},
        {"EntityMetricData", {{{"MetricData", {{{"MetricName", "m"}, {"Value", 4}}}}}}}});
  CHECK(call("GetMetricStatistics", statistics("m", 0, 60, 60))["Datapoints"][0]["Average"] == 4);
}

TEST_CASE_FIXTURE(CloudWatchFixture, "metric data comes by pages, the latest first") {
  for (int i = 0; i < 5; ++i) put("m", i * 60, i);
  Json in = data({stat("a", "m", "Sum", 60), stat("b", "m", "Maximum", 300)}, -100, 400);
  const Json whole = call("GetMetricData", in);
  testing::check_golden("cloudwatch/get_metric_data.json", whole.dump(2) + "\n");
  CHECK_FALSE(whole.contains("NextToken"));

  in["ScanBy"] = "TimestampAscending";
  in["MaxDatapoints"] = 2;
  std::vector<double> sums;
  std::size_t others = 0;
  for (int page = 0; page < 10; ++page) {
    const Json answer = call("GetMetricData", in);
    for (const Json& result : answer["MetricDataResults"]) {
      if (result["Id"] != "a") {
        others += result["Values"].size();
        continue;
      }
      for (const Json& value : result["Values"]) sums.push_back(value);
    }
    if (!answer.contains("NextToken")) break;
    in["NextToken"] = answer["NextToken"];
  }
  CHECK(sums == std::vector<double>{0, 1, 2, 3, 4});
  CHECK(others == whole["MetricDataResults"][1]["Values"].size());

  in["EndTime"] = clock_begin + 500;
  CHECK(error("GetMetricData", in).starts_with("InvalidNextToken: "));
}

TEST_CASE_FIXTURE(CloudWatchFixture, "queries that are not answered say why") {
  const auto refused = [&](Json query) {
    return error("GetMetricData", data(Json::array({query}), 0, 60));
  };
  CHECK(refused({{"Id", "e"}, {"Expression", "SUM(METRICS())"}}).find("metric math") !=
        std::string::npos);
  CHECK(refused({{"Id", "e"}}).find("either MetricStat or Expression") != std::string::npos);
  CHECK(refused(stat("e", "m", "tm90", 60)).find("tm90") != std::string::npos);
  CHECK(refused(stat("e", "m", "p101", 60)).find("p101") != std::string::npos);
  CHECK(error("GetMetricData", data(Json::array(), 0, 60)).starts_with("ValidationException: "));
  const Json one = stat("a", "m", "Sum", 60);
  CHECK(error("GetMetricData", data(Json::array({one, one}), 0, 60))
            .starts_with("ValidationException: The values for parameter id"));
  Json hidden = stat("h", "m", "Sum", 60);
  hidden["ReturnData"] = false;
  CHECK(call("GetMetricData", data(Json::array({hidden}), 0, 60))["MetricDataResults"].empty());
}

TEST_CASE_FIXTURE(CloudWatchFixture, "metrics are listed by pages of 500") {
  for (int i = 0; i < 501; ++i) put(fmt::format("m{:03}", i), 0, 1);
  const Json first = call("ListMetrics", {{"Namespace", "Space"}});
  CHECK(first["Metrics"].size() == 500);
  CHECK(first["Metrics"][0] ==
        Json{{"Namespace", "Space"}, {"MetricName", "m000"}, {"Dimensions", Json::array()}});
  const Json second =
      call("ListMetrics", {{"Namespace", "Space"}, {"NextToken", first["NextToken"]}});
  CHECK(second["Metrics"].size() == 1);
  CHECK_FALSE(second.contains("NextToken"));
  CHECK(error("ListMetrics", {{"NextToken", "nonsense"}})
            .starts_with("InvalidParameterValueException: "));
  put("d", 0, 1, {{"Dimensions", {{{"Name", "D"}, {"Value", "x"}}}}});
  CHECK(call("ListMetrics", {{"Dimensions", {{{"Name", "D"}}}}})["Metrics"].size() == 1);
  CHECK(call("ListMetrics", {{"RecentlyActive", "PT3H"}, {"MetricName", "d"}})["Metrics"].size() ==
        1);
}

}  // namespace trainyard::api
