// Opens a Skiff artifact: a model as one ONNX file, with the features that it takes.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Fields = System.Collections.Generic.Dictionary<string, object>;

namespace Skiff
{
    /// <summary>What a model answers for one record and one target.</summary>
    public sealed class Prediction
    {
        public string Target { get; internal set; }

        /// <summary>A class's label (bool, long, double or string), or a number.</summary>
        public object Value { get; internal set; }

        /// <summary>That of the predicted class; null where there are no probabilities.</summary>
        public double? Probability { get; internal set; }

        /// <summary>By the name of the class or cluster, in order; null where there are none.</summary>
        public IReadOnlyDictionary<string, double> Probabilities { get; internal set; }

        public IReadOnlyDictionary<string, double> Scores { get; internal set; }

        public IReadOnlyDictionary<string, double> Distances { get; internal set; }
    }

    /// <summary>The content of model.json, as far as it is needed here.</summary>
    public sealed class Manifest
    {
        internal const int KnownFormat = 1;

        /// <exception cref="InvalidDataException">The format is another.</exception>
        internal Manifest(Fields json)
        {
            if (!Equals(json["format"], (long)KnownFormat))
            {
                throw new InvalidDataException(
                    $"the artifact has format {json["format"]}; expected {KnownFormat}");
            }

            Name = (string)json["name"];
            Version = (int)(long)json["version"];
            Features = Json.List(json["features"], each => new Feature(each));
            Inputs = Json.List(json["inputs"], each => new Tensor(each));
            Outputs = Json.List(json["outputs"], each => new Tensor(each));
            Targets = Json.List(json["targets"], each => new Target(each));
            Tolerance = Numbers.From(((Fields)json["parity"])["tolerance"]).Value;
        }

        public string Name { get; }

        public int Version { get; }

        public IReadOnlyList<Feature> Features { get; }

        public IReadOnlyList<Tensor> Inputs { get; }

        public IReadOnlyList<Tensor> Outputs { get; }

        public IReadOnlyList<Target> Targets { get; }

        /// <summary>The greatest relative difference from scikit-learn; 0 is bit for bit.</summary>
        public double Tolerance { get; }
    }

    /// <summary>One field of a record.</summary>
    public sealed class Feature
    {
        private const double GreatestInteger = 9007199254740992;

        internal Feature(Fields json)
        {
            Name = (string)json["name"];
            Title = (string)json["title"];
            Dtype = (string)json["dtype"];
            Input = (string)json["input"];
            Column = (int)(long)json["column"];
            Nullable = (bool)json["nullable"];
            Closed = (bool)json["closed"];
            Categories = ((List<object>)json["categories"])?.Cast<string>().ToList();
        }

        public string Name { get; }

        public string Title { get; }

        public string Dtype { get; }

        public string Input { get; }

        public int Column { get; }

        public bool Nullable { get; }

        /// <summary>Whether nothing but the categories is answered.</summary>
        public bool Closed { get; }

        /// <summary>The strings seen in training; null for numbers, and where there are many.</summary>
        public IReadOnlyList<string> Categories { get; }

        /// <summary>Returns what goes into a tensor for a value: a double or a string.</summary>
        internal object Cell(object value)
        {
            if (value == null)
            {
                return !Nullable ? throw Misfit("required, and never missing in training")
                    : Dtype == "string" ? Model.Missing : (object)double.NaN;
            }

            if (Dtype == "string" && value is string text && text != Model.Missing)
            {
                return !Closed || Categories.Contains(text) ? text
                    : throw Misfit($"expected one of {string.Join(", ", Categories.Select(Shown))}; got {Shown(text)}");
            }

            if (Dtype == "bool" && value is bool truth)
            {
                return truth ? 1.0 : 0.0;
            }

            if (Numbers.From(value) is double number && !double.IsNaN(number) && !double.IsInfinity(number))
            {
                bool whole = number == Math.Truncate(number) && Math.Abs(number) <= GreatestInteger;
                if (Dtype == "float64" || (Dtype == "int64" && whole))
                {
                    return number;
                }
            }

            throw Misfit($"expected {Dtype}; got {Shown(value)}");
        }

        private static string Shown(object value) =>
            value is string text ? $"\"{text}\""
            : value is bool truth ? (truth ? "true" : "false")
            : value is double number ? number.ToString("R", CultureInfo.InvariantCulture)
            : Convert.ToString(value, CultureInfo.InvariantCulture);

        private ArgumentException Misfit(string problem) => new ArgumentException($"{Name}: {problem}");
    }

    /// <summary>An input or output of the graph; Columns is null where its shape is [N].</summary>
    public sealed class Tensor
    {
        internal Tensor(Fields json)
        {
            Name = (string)json["name"];
            Dtype = (string)json["dtype"];
            Columns = (int?)(long?)json["columns"];
            Magnitude = Numbers.From(json["magnitude"]).Value;
        }

        public string Name { get; }

        public string Dtype { get; }

        public int? Columns { get; }

        public double Magnitude { get; }

        internal int Width => Columns ?? 1;
    }

    /// <summary>What is predicted; Classes is empty where that is a number.</summary>
    public sealed class Target
    {
        internal Target(Fields json)
        {
            Name = (string)json["name"];
            Classes = Json.List(json["classes"], each => new Class(each));
        }

        public string Name { get; }

        public IReadOnlyList<Class> Classes { get; }
    }

    /// <summary>One class: its label as scikit-learn answers it, and what people call it.</summary>
    public sealed class Class
    {
        internal Class(Fields json)
        {
            Label = json["label"];
            Name = (string)json["name"];
        }

        public object Label { get; }

        public string Name { get; }
    }

    /// <summary>An open artifact. Any number of threads may use it.</summary>
    public sealed class Model : IDisposable
    {
        internal const string Missing = "\ufdd0";

        private readonly Session session;
        private readonly HashSet<string> names;

        /// <summary>Opens the artifact in a folder.</summary>
        public Model(string folder)
        {
            Manifest = new Manifest((Fields)Json.Read(Path.Combine(folder, "model.json")));
            names = new HashSet<string>(Manifest.Features.Select(feature => feature.Name));
            session = new Session(Path.Combine(folder, "model.onnx"));
        }

        public Manifest Manifest { get; }

        public void Dispose() => session.Dispose();

        /// <summary>
        /// Answers each record with one prediction per target. A record maps feature names to
        /// numbers, booleans and strings; a missing value is null, or left out.
        /// </summary>
        /// <exception cref="ArgumentException">A record does not fit the features.</exception>
        public IReadOnlyList<IReadOnlyList<Prediction>> Predict(
            IReadOnlyList<IReadOnlyDictionary<string, object>> records)
        {
            var outputs = Run(records);
            return Enumerable.Range(0, records.Count).Select(row => Answer(outputs, row)).ToList();
        }

        /// <summary>Runs the graph and returns its outputs by name, as they are, row by row.</summary>
        /// <returns>Each output as double[], long[] or string[].</returns>
        public IReadOnlyDictionary<string, Array> Run(
            IReadOnlyList<IReadOnlyDictionary<string, object>> records)
        {
            string unknown = records.SelectMany(record => record.Keys).FirstOrDefault(name => !names.Contains(name));
            if (unknown != null)
            {
                throw new ArgumentException($"{unknown}: there is no such feature");
            }

            var inputs = Manifest.Inputs.Select(input => Fill(input, records)).ToList();
            var outputs = Manifest.Outputs.Select(output => output.Name).ToList();
            Array[] values = session.Run(inputs, outputs);
            return Enumerable.Range(0, values.Length)
                .ToDictionary(index => outputs[index], index => values[index]);
        }

        private Matrix Fill(Tensor tensor, IReadOnlyList<IReadOnlyDictionary<string, object>> records)
        {
            int count = records.Count * tensor.Width;
            Array values = tensor.Dtype == "string" ? new string[count] : (Array)new double[count];
            for (int row = 0; row < records.Count; row++)
            {
                foreach (Feature feature in Manifest.Features.Where(each => each.Input == tensor.Name))
                {
                    records[row].TryGetValue(feature.Name, out object value);
                    values.SetValue(feature.Cell(value), (row * tensor.Width) + feature.Column);
                }
            }

            return new Matrix(tensor.Name, values, records.Count, tensor.Width);
        }

        private List<Prediction> Answer(IReadOnlyDictionary<string, Array> outputs, int row)
        {
            Array values = new[] { "label", "prediction", "transformed" }
                .Where(outputs.ContainsKey).Select(name => outputs[name]).First();
            return Manifest.Targets.Select((target, index) =>
            {
                object found = values.GetValue((row * Manifest.Targets.Count) + index);
                Class label = target.Classes.FirstOrDefault(each => Numbers.AreSame(each.Label, found));
                var probabilities = Named(outputs, "probabilities", row, index);
                double probability = 0;
                bool known = label != null && (probabilities?.TryGetValue(label.Name, out probability) ?? false);
                return new Prediction
                {
                    Target = target.Name,
                    Value = label == null ? found : label.Label,
                    Probability = known ? probability : (double?)null,
                    Probabilities = probabilities,
                    Scores = Named(outputs, "scores", row, index),
                    Distances = Named(outputs, "distances", row, index),
                };
            }).ToList();
        }

        /// <summary>
        /// Returns the numbers that an output has for one row and target, by the name of the
        /// class, of the cluster, or of the target itself; null if there is no such output.
        /// </summary>
        private IReadOnlyDictionary<string, double> Named(
            IReadOnlyDictionary<string, Array> outputs, string name, int row, int index)
        {
            if (!outputs.TryGetValue(name, out Array values))
            {
                return null;
            }

            var targets = Manifest.Targets;
            Target target = targets[index];
            int width = Manifest.Outputs.First(output => output.Name == name).Width;
            int start = 0;
            var keys = target.Classes.Select(each => each.Name).ToList();
            if (width == targets.Sum(each => each.Classes.Count))
            {
                start = targets.Take(index).Sum(each => each.Classes.Count);
            }
            else if (width == targets.Count)
            {
                start = index;
                keys = new List<string> { keys.LastOrDefault() ?? target.Name };
            }
            else
            {
                keys = Enumerable.Range(0, width)
                    .Select(column => column.ToString(CultureInfo.InvariantCulture)).ToList();
            }

            int first = (row * width) + start;
            var numbers = (double[])values;
            return Enumerable.Range(0, keys.Count)
                .ToDictionary(column => keys[column], column => numbers[first + column]);
        }
    }

    /// <summary>Numbers of whatever type a caller, JSON or the graph has them in.</summary>
    internal static class Numbers
    {
        /// <summary>Returns a number as a double; null for anything else.</summary>
        internal static double? From(object value)
        {
            switch (Type.GetTypeCode(value?.GetType()))
            {
                case TypeCode.SByte:
                case TypeCode.Byte:
                case TypeCode.Int16:
                case TypeCode.UInt16:
                case TypeCode.Int32:
                case TypeCode.UInt32:
                case TypeCode.Int64:
                case TypeCode.UInt64:
                case TypeCode.Single:
                case TypeCode.Double:
                case TypeCode.Decimal:
                    return Convert.ToDouble(value, CultureInfo.InvariantCulture);
                default:
                    return null;
            }
        }

        /// <summary>Tells whether a label is what the graph answered: true is 1, false is 0.</summary>
        internal static bool AreSame(object label, object answered)
        {
            if (label is bool truth)
            {
                return AreSame(truth ? 1L : 0L, answered);
            }

            double? number = From(label);
            return number == null ? Equals(label, answered) : number == From(answered);
        }
    }
}
