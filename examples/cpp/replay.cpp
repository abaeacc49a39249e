// replay FOLDER...: replays the golden rows of artifacts.
#include <iomanip>
#include <iostream>

#include "skiff.hpp"

int main(int count, char** folders) {
  if (count < 2) {
    std::cerr << "usage: replay FOLDER...\n";
    return 2;
  }
  bool agree = true;
  for (int index = 1; index < count; ++index) {
    const std::filesystem::path folder = folders[index];
    std::cout << folder.parent_path().filename().string() << '/' << folder.filename().string();
    try {
      skiff::Model model(folder);
      const auto verdict = model.replay(skiff::read_json(folder / "vectors.json"));
      std::cout << ": " << verdict.rows << " rows, " << verdict.label_mismatches
                << " label mismatches, " << verdict.max_ulp << " ulp, " << std::scientific
                << std::setprecision(1) << verdict.max_relative
                << " relative: " << (verdict.agrees ? "agrees" : "DISAGREES") << '\n';
      agree = agree && verdict.agrees;
    } catch (const std::exception& error) {
      std::cout << ": fails: " << error.what() << '\n';
      agree = false;
    }
  }
  return agree ? 0 : 1;
}
