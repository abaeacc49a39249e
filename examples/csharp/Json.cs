// Reads JSON into dictionaries, lists and scalars, with every double exactly as it was written.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Numerics;
using System.Runtime.Serialization.Json;
using System.Xml;
using System.Xml.Linq;

namespace Skiff
{
    internal static class Json
    {
        /// <summary>
        /// Reads a file. Objects are Dictionary&lt;string, object&gt;, arrays List&lt;object&gt;,
        /// scalars null, bool, long, double or string.
        /// </summary>
        internal static object Read(string path)
        {
            byte[] bytes = File.ReadAllBytes(path);
            try
            {
                using (var reader = JsonReaderWriterFactory.CreateJsonReader(bytes, XmlDictionaryReaderQuotas.Max))
                {
                    return Value(XElement.Load(reader));
                }
            }
            catch (Exception error) when (error is XmlException || error is FormatException)
            {
                throw new InvalidDataException($"{path}: is not JSON: {error.Message}");
            }
        }

        /// <summary>Makes something of each object of a list; of null, an empty list.</summary>
        internal static List<T> List<T>(object json, Func<Dictionary<string, object>, T> make) =>
            ((List<object>)json ?? new List<object>())
                .Cast<Dictionary<string, object>>().Select(make).ToList();

        /// <summary>
        /// Returns the double that is nearest to a decimal number, the even one of two.
        /// Before .NET Core 3, double.Parse may be off by one.
        /// </summary>
        internal static double ParseDouble(string text)
        {
            double guess = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
            if (guess == 0 || double.IsInfinity(guess))
            {
                return text[0] == '-' ? -Math.Abs(guess) : guess;
            }

            long bits = BitConverter.DoubleToInt64Bits(guess);
            return new[] { bits, bits - 1, bits + 1 }
                .OrderBy(each => Distance(text, each))
                .ThenBy(each => each & 1)
                .Select(BitConverter.Int64BitsToDouble)
                .First();
        }

        private static object Value(XElement element)
        {
            switch ((string)element.Attribute("type"))
            {
                case "object":
                    return element.Elements().ToDictionary(Key, Value);
                case "array":
                    return element.Elements().Select(Value).ToList();
                case "number":
                    return Number(element.Value);
                case "boolean":
                    return element.Value == "true";
                case "null":
                    return null;
                default:
                    return element.Value;
            }
        }

        /// <summary>Returns the name of a field; one that XML has no name for is an attribute.</summary>
        private static string Key(XElement element) =>
            (string)element.Attribute("item") ?? element.Name.LocalName;

        private static object Number(string text) =>
            long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer)
                ? (object)integer
                : ParseDouble(text);

        /// <summary>
        /// Returns how far a decimal number is from a double, in units that depend on the number
        /// alone: both are written as integers over the same power of ten and of two.
        /// </summary>
        private static BigInteger Distance(string text, long bits)
        {
            string[] parts = text.ToLowerInvariant().Split('e');
            int point = parts[0].IndexOf('.');
            int decimals = point < 0 ? 0 : parts[0].Length - point - 1;
            int tens = (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0) - decimals;
            BigInteger digits = BigInteger.Abs(
                BigInteger.Parse(parts[0].Replace(".", string.Empty), CultureInfo.InvariantCulture));

            // A double is its mantissa times two to the power of its exponent, -1074 at the least.
            int exponent = (int)(bits >> 52) & 0x7FF;
            BigInteger mantissa = (bits & 0xFFFFFFFFFFFFF) | (exponent > 0 ? 1L << 52 : 0);
            BigInteger units = mantissa << (Math.Max(exponent, 1) - 1);
            BigInteger expected = digits * BigInteger.Pow(10, Math.Max(tens, 0)) << 1074;
            return BigInteger.Abs(expected - (units * BigInteger.Pow(10, Math.Max(-tens, 0))));
        }
    }
}
