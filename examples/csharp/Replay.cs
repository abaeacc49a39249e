// Replays the golden rows of artifacts: what scikit-learn answered for some records.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Fields = System.Collections.Generic.Dictionary<string, object>;

namespace Skiff
{
    /// <summary>The content of vectors.json.</summary>
    public sealed class Vectors
    {
        private Vectors(Fields json)
        {
            Rows = Json.List(json["rows"], row => row);
            Outputs = ((Fields)json["outputs"]).ToDictionary(pair => pair.Key, pair => (List<object>)pair.Value);
        }

        /// <summary>Records by feature name.</summary>
        public IReadOnlyList<Fields> Rows { get; }

        /// <summary>What scikit-learn answered, by output: a value or a list for each row.</summary>
        public IReadOnlyDictionary<string, List<object>> Outputs { get; }

        public static Vectors Read(string folder) =>
            new Vectors((Fields)Json.Read(Path.Combine(folder, "vectors.json")));
    }

    /// <summary>How a model's answers compare with scikit-learn's.</summary>
    public sealed class Verdict
    {
        public int Rows { get; internal set; }

        /// <summary>Rows with a label that differs.</summary>
        public int LabelMismatches { get; internal set; }

        /// <summary>The greatest distance of two numbers, in doubles between them.</summary>
        public ulong MaxUlp { get; internal set; }

        public double MaxRelative { get; internal set; }

        public bool Agrees { get; internal set; }

        public override string ToString() => string.Format(
            CultureInfo.InvariantCulture,
            "{0} rows, {1} label mismatches, {2} ulp, {3:0.0e-0} relative: {4}",
            Rows, LabelMismatches, MaxUlp, MaxRelative, Agrees ? "agrees" : "DISAGREES");
    }

    public static class Replay
    {
        public static int Main(string[] folders)
        {
            if (folders.Length == 0)
            {
                Console.Error.WriteLine("usage: replay FOLDER...");
                return 2;
            }

            bool agree = true;
            foreach (var folder in folders.Select(each => new DirectoryInfo(each)))
            {
                string says;
                try
                {
                    using (var model = new Model(folder.FullName))
                    {
                        Verdict verdict = Compare(model, Vectors.Read(folder.FullName));
                        says = verdict.ToString();
                        agree &= verdict.Agrees;
                    }
                }
                catch (Exception error)
                {
                    says = $"fails: {error.Message}";
                    agree = false;
                }

                Console.WriteLine($"{folder.Parent.Name}/{folder.Name}: {says}");
            }

            return agree ? 0 : 1;
        }

        /// <summary>Runs golden rows and compares with what scikit-learn answered.</summary>
        public static Verdict Compare(Model model, Vectors vectors)
        {
            var outputs = model.Run(vectors.Rows);
            var verdict = new Verdict { Rows = vectors.Rows.Count };
            var mismatched = new HashSet<int>();
            foreach (Tensor tensor in model.Manifest.Outputs)
            {
                Array actual = outputs[tensor.Name];
                object[] expected = Flatten(vectors.Outputs[tensor.Name]);
                if (expected.Length != verdict.Rows * tensor.Width || actual.Length != expected.Length)
                {
                    throw new InvalidDataException(
                        $"{tensor.Name} has {actual.Length} values; expected {expected.Length}");
                }

                for (int index = 0; index < expected.Length; index++)
                {
                    object found = actual.GetValue(index);
                    if (tensor.Dtype == "float64" && tensor.Name != "label")
                    {
                        Measure(Numbers.From(expected[index]) ?? double.NaN, (double)found, tensor, verdict);
                    }
                    else if (!Numbers.AreSame(expected[index], found))
                    {
                        mismatched.Add(index / tensor.Width);
                    }
                }
            }

            double tolerance = model.Manifest.Tolerance;
            bool close = tolerance > 0 ? verdict.MaxRelative <= tolerance : verdict.MaxUlp == 0;
            verdict.LabelMismatches = mismatched.Count;
            verdict.Agrees = verdict.Rows > 0 && mismatched.Count == 0 && close;
            return verdict;
        }

        /// <summary>
        /// Counts the doubles from one number to the other. NaN equals NaN, and is as far as can
        /// be from a number.
        /// </summary>
        public static ulong UlpDistance(double expected, double actual)
        {
            if (double.IsNaN(expected) || double.IsNaN(actual))
            {
                return double.IsNaN(expected) && double.IsNaN(actual) ? 0 : ulong.MaxValue;
            }

            long left = Ordinal(expected);
            long right = Ordinal(actual);
            return unchecked((ulong)Math.Max(left, right) - (ulong)Math.Min(left, right));
        }

        private static long Ordinal(double value)
        {
            long bits = BitConverter.DoubleToInt64Bits(value);
            return bits < 0 ? long.MinValue - bits - 1 : bits;
        }

        private static void Measure(double expected, double actual, Tensor tensor, Verdict verdict)
        {
            ulong distance = UlpDistance(expected, actual);
            if (distance == 0)
            {
                return;
            }

            double relative = Math.Abs(actual - expected) / Math.Max(Math.Abs(expected), tensor.Magnitude);
            verdict.MaxUlp = Math.Max(verdict.MaxUlp, distance);
            verdict.MaxRelative = Math.Max(
                verdict.MaxRelative, double.IsNaN(relative) ? double.PositiveInfinity : relative);
        }

        private static object[] Flatten(List<object> values) =>
            values.SelectMany(value => value as List<object> ?? new List<object> { value }).ToArray();
    }
}
