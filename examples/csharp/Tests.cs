// The tests: a program that needs no test framework, since Mono's packages bring none.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Skiff
{
    public static class Tests
    {
        private static readonly string Artifacts =
            Environment.GetEnvironmentVariable("SKIFF_ARTIFACTS") ?? "../../artifacts";

        private static readonly Action[] All =
        {
            ThereAreArtifacts,
            EveryArtifactAnswersAsScikitLearnDid,
            EveryArtifactPredictsWhatItsGraphAnswers,
            AnAnswerHasTheLabelItsProbabilityAndAllOfThemByName,
            AMissingValueMayBeNullOrLeftOut,
            ARecordThatDoesNotFitIsRefused,
            AnArtifactThatCannotBeReadIsNamed,
            APlantedMismatchIsFound,
            DoublesAreReadToTheLastBit,
            DistancesAreCountedInDoubles,
        };

        public static int Main()
        {
            int failed = 0;
            foreach (Action test in All)
            {
                try
                {
                    test();
                }
                catch (Exception error)
                {
                    failed++;
                    Console.Error.WriteLine($"{test.Method.Name}: {error}");
                }
            }

            Console.WriteLine($"{All.Length - failed} passed, {failed} failed");
            return failed == 0 ? 0 : 1;
        }

        private static void ThereAreArtifacts() => AreEqual(true, Folders().Count() >= 2);

        private static void EveryArtifactAnswersAsScikitLearnDid()
        {
            foreach (string folder in Folders())
            {
                using (var model = new Model(folder))
                {
                    Verdict verdict = Replay.Compare(model, Vectors.Read(folder));
                    AreEqual(true, verdict.Agrees, $"{folder}: {verdict}");
                }
            }
        }

        private static void EveryArtifactPredictsWhatItsGraphAnswers()
        {
            foreach (string folder in Folders())
            {
                using (var model = new Model(folder))
                {
                    var rows = Vectors.Read(folder).Rows;
                    var found = model.Predict(rows).SelectMany(answer => answer.Select(each => each.Value));
                    var outputs = model.Run(rows);
                    Array expected = outputs.TryGetValue("label", out Array labels) ? labels : outputs["prediction"];
                    AreEqual(true, found.SequenceEqual(expected.Cast<object>(), new SameLabel()), folder);
                }
            }
        }

        private static void AnAnswerHasTheLabelItsProbabilityAndAllOfThemByName()
        {
            using (var model = new Model(Path.Combine(Artifacts, "iris/1")))
            {
                var flower = new Dictionary<string, object>
                {
                    ["feature1"] = 5.1f, ["feature2"] = 3.5, ["feature3"] = 1.4m, ["feature4"] = 0,
                };
                Prediction answer = model.Predict(new[] { flower })[0][0];
                AreEqual(0L, answer.Value);
                AreEqual("setosa, versicolor, virginica", string.Join(", ", answer.Probabilities.Keys));
                AreEqual(answer.Probabilities["setosa"], answer.Probability);
            }
        }

        private static void AMissingValueMayBeNullOrLeftOut()
        {
            using (var model = new Model(Path.Combine(Artifacts, "penguins/1")))
            {
                var left = new Dictionary<string, object> { ["island"] = "Dream", ["year"] = 2009 };
                var nulled = new Dictionary<string, object>(left) { ["sex"] = null };
                var answers = model.Predict(new[] { left, nulled });
                AreEqual(answers[0][0].Value, answers[1][0].Value);
                AreEqual(true, answers[0][0].Probabilities.SequenceEqual(answers[1][0].Probabilities));
            }
        }

        private static void ARecordThatDoesNotFitIsRefused()
        {
            var misfits = new (string Name, object Value, string Message)[]
            {
                ("colour", "black", "colour: there is no such feature"),
                ("island", null, "island: required, and never missing in training"),
                ("island", 3, "island: expected string; got 3"),
                ("sex", "\ufdd0", "sex: expected string; got \"\ufdd0\""),
                ("bill_length_mm", "41.5", "bill_length_mm: expected float64; got \"41.5\""),
                ("bill_length_mm", true, "bill_length_mm: expected float64; got true"),
                ("bill_depth_mm", double.NaN, "bill_depth_mm: expected float64; got NaN"),
                ("year", 2009.5, "year: expected int64; got 2009.5"),
            };
            using (var model = new Model(Path.Combine(Artifacts, "penguins/1")))
            {
                foreach (var misfit in misfits)
                {
                    var record = new Dictionary<string, object> { ["island"] = "Dream", ["year"] = 2009 };
                    record[misfit.Name] = misfit.Value;
                    AreEqual(misfit.Message, Thrown<ArgumentException>(() => model.Predict(new[] { record })).Message);
                }
            }
        }

        private static void AnArtifactThatCannotBeReadIsNamed() =>
            AreEqual(true, Thrown<IOException>(() => new Model("nowhere")).Message.Contains("nowhere"));

        private static void APlantedMismatchIsFound()
        {
            string folder = Path.Combine(Artifacts, "iris/1");
            using (var model = new Model(folder))
            {
                Vectors label = Vectors.Read(folder);
                label.Outputs["label"][3] = 7L;
                Verdict verdict = Replay.Compare(model, label);
                AreEqual(1, verdict.LabelMismatches);
                AreEqual(false, verdict.Agrees);
                foreach (double? wrong in new double?[] { 0.5, null })
                {
                    Vectors number = Vectors.Read(folder);
                    ((List<object>)number.Outputs["probabilities"][3])[1] = wrong;
                    AreEqual(false, Replay.Compare(model, number).Agrees);
                }
            }
        }

        private static void DoublesAreReadToTheLastBit()
        {
            var doubles = new Dictionary<string, long>
            {
                ["-0.0"] = long.MinValue,
                ["5e-324"] = 1,
                ["2.2250738585072014e-308"] = 0x10000000000000,
                ["-6.879770673665752e-301"] = -9106985811745634100,
                ["9007199254740993.0"] = 0x4340000000000000,
                ["1.7976931348623157e308"] = 0x7FEFFFFFFFFFFFFF,
            };
            foreach (var pair in doubles)
            {
                AreEqual(pair.Value, BitConverter.DoubleToInt64Bits(Json.ParseDouble(pair.Key)), pair.Key);
            }
        }

        private static void DistancesAreCountedInDoubles()
        {
            AreEqual(1UL, Replay.UlpDistance(1, 1 + Math.Pow(2, -52)));
            AreEqual(3UL, Replay.UlpDistance(-double.Epsilon, double.Epsilon));
            AreEqual(0UL, Replay.UlpDistance(double.NaN, double.NaN));
            AreEqual(ulong.MaxValue, Replay.UlpDistance(double.NaN, 1));
        }

        private static IEnumerable<string> Folders() =>
            Directory.GetDirectories(Artifacts).Select(each => Path.Combine(each, "1")).Where(Directory.Exists);

        private static void AreEqual(object expected, object found, string about = "")
        {
            if (!Equals(expected, found))
            {
                throw new InvalidOperationException($"expected {expected}; found {found} {about}");
            }
        }

        private static T Thrown<T>(Action action) where T : Exception
        {
            try
            {
                action();
            }
            catch (T error)
            {
                return error;
            }

            throw new InvalidOperationException($"expected {typeof(T).Name}; nothing was thrown");
        }

        private sealed class SameLabel : IEqualityComparer<object>
        {
            bool IEqualityComparer<object>.Equals(object label, object answered) => Numbers.AreSame(label, answered);

            int IEqualityComparer<object>.GetHashCode(object label) => 0;
        }
    }
}
