// What does it cost to know the words of 512 messages, as a stretch of the index does, in scripts
// that fold in different ways? And to look for one word in as many texts?

#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "model/words.hpp"
#include "storage/word_filter.hpp"

namespace {

constexpr int stretch_messages = 512;

constexpr std::string_view english =
    "The release is out, see the notes for what is new and what has changed since last week";
constexpr std::string_view french =
    "L’équipe a publié la version, voici les notes : ce qui est nouveau et ce qui a changé";
constexpr std::string_view russian =
    "Вышла новая версия, смотрите примечания: что нового и что изменилось с прошлой недели";
constexpr std::string_view chinese =
    "新版本已经发布，请查看说明：有哪些新内容，上周以来有什么变化。";
constexpr std::string_view emoji = "shipped 🎉👍🏽 ❤️ 👩‍💻 🇩🇪 1️⃣ done";

void index_words(benchmark::State& state, std::string_view text) {
  for (auto _ : state) {
    chat::word_filter filter;
    for (int i = 0; i < stretch_messages; ++i) filter.add(text);
    benchmark::DoNotOptimize(filter.fold());
  }
  state.SetItemsProcessed(state.iterations() * stretch_messages);
}

void find_words(benchmark::State& state, std::string_view text) {
  const auto wanted = chat::search_words("nowhere");
  for (auto _ : state) benchmark::DoNotOptimize(chat::has_words(text, wanted));
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK_CAPTURE(index_words, english, english);
BENCHMARK_CAPTURE(index_words, french, french);
BENCHMARK_CAPTURE(index_words, russian, russian);
BENCHMARK_CAPTURE(index_words, chinese, chinese);
BENCHMARK_CAPTURE(index_words, emoji, emoji);
BENCHMARK_CAPTURE(find_words, english, english);
BENCHMARK_CAPTURE(find_words, russian, russian);
BENCHMARK_CAPTURE(find_words, chinese, chinese);

}  // namespace

BENCHMARK_MAIN();
