// SPDX-License-Identifier: Apache-2.0
// One who breaks the rule and those who look alike, for each rule that is not
// about voice. The figures stand beside the thresholds in rulebook/*.yml.
#include <string>

#include "provider_sim/tenants.h"

namespace proviso::provider_sim {
namespace {

constexpr std::array<std::string_view, 12> kRegions = {
    "eu-central-1",   "eu-west-1",      "eu-north-1",   "eu-south-1",
    "us-east-1",      "us-west-2",      "ca-central-1", "ap-northeast-1",
    "ap-southeast-1", "ap-southeast-2", "sa-east-1",    "me-central-1"};

Tenant one_unit(std::string slug, std::string name, std::string kind, std::string use,
                std::vector<Stream> streams, std::vector<model::DeclaredVolume> declared = {}) {
  return {std::move(slug),
          std::move(name),
          std::move(kind),
          {},
          {{"main", "Main unit", std::move(use), std::move(declared), std::move(streams), {}}}};
}

Stream faces(std::string_view operation, std::uint64_t per_hour, Rhythm rhythm) {
  return {.service = "vision",
          .operation = operation,
          .resource_type = "face-collection",
          .per_hour = per_hour,
          .amounts = each("bytes", 90'000),
          .rhythm = rhythm,
          .noise_percent = 6,
          .records_per_hour = 2};
}

Stream chat(std::uint64_t per_hour, std::int64_t tokens_per_call, Rhythm rhythm) {
  return {.service = "inference",
          .operation = "Chat",
          .resource_type = "model-deployment",
          .per_hour = per_hour,
          .amounts = each("tokens", tokens_per_call),
          .rhythm = rhythm,
          .noise_percent = 6,
          .records_per_hour = 2};
}

std::vector<model::DeclaredVolume> declared_tokens(std::int64_t per_day) {
  return {{model::ServiceId("inference"), "tokens", per_day}};
}

/// `instances` of them run through every hour, one device each.
Stream run_hours(std::string_view resource_type, std::string_view unit, std::uint64_t instances,
                 std::string_view region) {
  return {.service = "compute",
          .operation = "RunHours",
          .region = region,
          .resource_type = resource_type,
          .per_hour = instances,
          .amounts = each(unit, 3'600),
          .noise_percent = 2};
}

std::vector<Stream> run_hours_in(std::size_t regions, std::string_view resource_type,
                                 std::string_view unit, std::uint64_t instances) {
  std::vector<Stream> out;
  for (std::size_t i = 0; i < regions; ++i) {
    out.push_back(run_hours(resource_type, unit, instances, kRegions[i]));
  }
  return out;
}

Stream mail(std::uint64_t per_hour, std::string_view status, Rhythm rhythm) {
  return {.service = "mail",
          .operation = "SendMessage",
          .resource_type = "mail-domain",
          .per_hour = per_hour,
          .amounts = each("bytes", 30'000),
          .rhythm = rhythm,
          .noise_percent = 4,
          .status = status};
}

Stream sign_in(std::uint64_t per_hour, std::string_view status, Rhythm rhythm) {
  return {.service = "identity",
          .operation = "SignIn",
          .resource_type = "directory",
          .per_hour = per_hour,
          .rhythm = rhythm,
          .noise_percent = 5,
          .records_per_hour = 2,
          .status = status};
}

Stream outbound(std::uint64_t per_hour, std::int64_t bytes_per_call) {
  return {.service = "network",
          .operation = "OutboundRequest",
          .resource_type = "address",
          .per_hour = per_hour,
          .amounts = each("bytes", bytes_per_call),
          .noise_percent = 5,
          .records_per_hour = 2};
}

Stream storage(std::string_view operation, std::string_view region, std::uint64_t per_hour,
               std::int64_t bytes_per_call) {
  return {.service = "storage",
          .operation = operation,
          .region = region,
          .resource_type = "bucket",
          .per_hour = per_hour,
          .amounts = each("bytes", bytes_per_call),
          .noise_percent = 5};
}

Stream refused(Stream stream) {
  stream.status = "denied";
  return stream;
}

Stream for_hours(std::int64_t hours, Stream stream) {
  stream.to_hour = hours;
  return stream;
}

}  // namespace

std::vector<Tenant> face_matchers() {
  return {one_unit("street-cameras", "Street camera office", "public-body", "Traffic counting",
                   {faces("SearchFaces", 400'000, Rhythm::flat)}),
          // 20,000 people who pass doors four times a day, most of them within
          // two hours.
          one_unit("door-control", "Door control", "saas", "Access control at 40 sites",
                   {faces("SearchFaces", 22'000, Rhythm::office)}),
          // Finds faces in pictures, but matches them with nobody.
          one_unit("photo-albums", "Photo albums", "saas", "Sorting of members' own pictures",
                   {faces("DetectFaces", 600'000, Rhythm::evening)})};
}

std::vector<Tenant> token_users() {
  return {one_unit("form-helper", "Form helper", "public-body", "Help with forms",
                   {chat(3'000, 4'000, Rhythm::flat)}, declared_tokens(2'000'000)),
          // Three times what was declared: a launch.
          one_unit("grown-chat", "Shop assistant", "retail", "Answers for shoppers",
                   {chat(5'000, 1'250, Rhythm::flat)}, declared_tokens(50'000'000)),
          // Large, and declared so.
          one_unit("big-chat", "Text platform", "saas", "Texts for members",
                   {chat(80'000, 2'500, Rhythm::flat)}, declared_tokens(5'000'000'000)),
          // Nothing declared: there is nothing to compare with.
          one_unit("undeclared-chat", "Study group", "research", "Research",
                   {chat(9'000, 2'000, Rhythm::flat)})};
}

std::vector<Tenant> accelerator_users() {
  return {one_unit("web-shop-hosting", "Web shop hosting", "saas", "Web shops",
                   run_hours_in(10, "gpu-instance", "gpu_seconds", 80)),
          one_unit("model-training", "Model training", "research", "Training of language models",
                   run_hours_in(1, "gpu-instance", "gpu_seconds", 1'000)),
          one_unit("render-farm", "Render farm", "media", "Rendering of films",
                   run_hours_in(3, "gpu-instance", "gpu_seconds", 250)),
          one_unit("game-servers", "Game servers", "games", "Games near their players",
                   run_hours_in(12, "cpu-instance", "vcpu_seconds", 300))};
}

std::vector<Tenant> mailers() {
  return {one_unit("prize-mail", "Prize draws", "retail", "Order confirmations",
                   {mail(400'000, "success", Rhythm::flat), mail(60'000, "bounced", Rhythm::flat)}),
          // 2.4 million in four hours to people who asked for it: 0.8 % come back.
          one_unit("newsletter", "Newsletter house", "media", "Newsletters",
                   {for_hours(4, mail(595'000, "success", Rhythm::flat)),
                    for_hours(4, mail(4'800, "bounced", Rhythm::flat))}),
          // An old address list, but a small one: 5 % come back.
          one_unit(
              "ticket-shop", "Ticket shop", "retail", "Tickets by mail",
              {mail(30'000, "success", Rhythm::evening), mail(1'500, "bounced", Rhythm::evening)})};
}

std::vector<Tenant> sign_in_callers() {
  return {
      one_unit("login-testers", "Load testing", "saas", "Load tests",
               {sign_in(600'000, "denied", Rhythm::flat), sign_in(2'500, "success", Rhythm::flat)}),
      // 60,000 people back from holidays.
      one_unit(
          "large-employer", "Large employer", "transport", "Sign-in of staff",
          {sign_in(60'000, "success", Rhythm::office), sign_in(9'000, "denied", Rhythm::office)}),
      one_unit("popular-app", "Popular app", "saas", "Sign-in of members",
               {sign_in(1'000'000, "success", Rhythm::evening),
                sign_in(30'000, "denied", Rhythm::evening)})};
}

std::vector<Tenant> outbound_callers() {
  return {one_unit("page-copier", "Price research", "research", "Market research",
                   {outbound(20'000'000, 600)}),
          // 50,000 sites asked once a minute.
          one_unit("uptime-checks", "Uptime checks", "saas", "Checks of customers' own sites",
                   {outbound(3'000'000, 300)}),
          // Sends out much, asks little: 60 kB a request.
          one_unit("video-origin", "Video origin", "media", "Delivery of videos",
                   {outbound(30'000'000, 60'000)})};
}

std::vector<Tenant> region_users() {
  return {one_unit("trading-house", "Trading house", "retail", "Web shop",
                   {run_hours("cpu-instance", "vcpu_seconds", 40, "xx-north-1"),
                    storage("PutObject", "xx-north-1", 900, 200'000)}),
          // Takes its data out, which the term allows.
          one_unit("moving-out", "Freight broker", "transport", "Freight papers",
                   {storage("ExportJob", "xx-north-1", 2, 4'000'000'000),
                    storage("PutObject", "eu-north-1", 700, 150'000)}),
          // Tried, and was refused.
          one_unit("wrong-setting", "Accounting service", "saas", "Accounts",
                   {refused(storage("PutObject", "xx-south-1", 30, 0)),
                    storage("PutObject", "eu-south-1", 5'000, 80'000)})};
}

// 1 TB an hour is a nightly copy; 60 TB an hour is a move, but of one who is
// not under review.
std::vector<Tenant> exporters() {
  return {one_unit("nightly-copies", "Nightly copies", "saas", "Backup",
                   {storage("BulkCopy", "eu-west-1", 40, 25'000'000'000)}),
          one_unit("data-centre-move", "Film archive", "media", "Archive of films",
                   {storage("BulkCopy", "eu-west-1", 600, 100'000'000'000)})};
}

}  // namespace proviso::provider_sim
