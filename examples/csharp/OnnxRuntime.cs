// ONNX Runtime through its C API: sessions and tensors, and nothing of what they are about.

using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using static Skiff.Api;

namespace Skiff
{
    /// <summary>ONNX Runtime cannot be loaded, or refused to do something; in its own words.</summary>
    public sealed class OnnxRuntimeException : Exception
    {
        internal OnnxRuntimeException(string message) : base(message) { }
    }

    /// <summary>A matrix that goes into a graph: doubles or strings, row by row.</summary>
    internal sealed class Matrix
    {
        internal Matrix(string name, Array values, int rows, int columns)
        {
            Name = name;
            Values = values;
            Shape = new long[] { rows, columns };
        }

        internal string Name { get; }

        internal Array Values { get; }

        internal long[] Shape { get; }
    }

    /// <summary>An open graph. Any number of threads may run it.</summary>
    internal sealed class Session : IDisposable
    {
        private IntPtr handle;

        /// <summary>Opens a file, to be run by one thread: results depend on no core count.</summary>
        internal Session(string path)
        {
            Ort.Check(Ort.CreateSessionOptions(out IntPtr options));
            try
            {
                Ort.Check(Ort.SetIntraOpNumThreads(options, 1));
                Ort.Check(Ort.CreateSession(Ort.Environment, Utf8.Terminated(path), options, out handle));
            }
            finally
            {
                Ort.ReleaseSessionOptions(options);
            }
        }

        ~Session() => Dispose();

        public void Dispose()
        {
            if (handle != IntPtr.Zero)
            {
                Ort.ReleaseSession(handle);
            }

            handle = IntPtr.Zero;
            GC.SuppressFinalize(this);
        }

        /// <summary>Runs the graph; each output is a double[], long[] or string[], row by row.</summary>
        internal Array[] Run(IReadOnlyList<Matrix> inputs, IReadOnlyList<string> outputs)
        {
            var given = new IntPtr[inputs.Count];
            var answered = new IntPtr[outputs.Count];
            using (var inputNames = new Utf8(inputs.Select(input => input.Name)))
            using (var outputNames = new Utf8(outputs))
            {
                try
                {
                    for (int index = 0; index < given.Length; index++)
                    {
                        given[index] = Values.Create(inputs[index]);
                    }

                    Ort.Check(Ort.Run(
                        handle, IntPtr.Zero,
                        inputNames.Pointers, given, (UIntPtr)given.Length,
                        outputNames.Pointers, (UIntPtr)answered.Length, answered));
                    return Array.ConvertAll(answered, Values.Read);
                }
                finally
                {
                    foreach (IntPtr tensor in given.Concat(answered).Where(each => each != IntPtr.Zero))
                    {
                        Ort.ReleaseValue(tensor);
                    }

                    GC.KeepAlive(this);
                }
            }
        }
    }

    /// <summary>Strings in UTF-8, outside of managed memory.</summary>
    internal sealed class Utf8 : IDisposable
    {
        internal Utf8(IEnumerable<string> strings)
        {
            Pointers = strings.Select(Allocate).ToArray();
        }

        internal IntPtr[] Pointers { get; }

        public void Dispose() => Array.ForEach(Pointers, Marshal.FreeHGlobal);

        internal static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + "\0");

        internal static string Read(IntPtr bytes)
        {
            int length = 0;
            while (Marshal.ReadByte(bytes, length) != 0)
            {
                length++;
            }

            return Read(bytes, length);
        }

        internal static string Read(IntPtr bytes, int length)
        {
            var copy = new byte[length];
            Marshal.Copy(bytes, copy, 0, length);
            return Encoding.UTF8.GetString(copy);
        }

        private static IntPtr Allocate(string text)
        {
            byte[] bytes = Terminated(text);
            IntPtr place = Marshal.AllocHGlobal(bytes.Length);
            Marshal.Copy(bytes, 0, place, bytes.Length);
            return place;
        }
    }

    /// <summary>Tensors of ONNX Runtime, from and to arrays.</summary>
    internal static class Values
    {
        private const int Int64 = 7;
        private const int String = 8;
        private const int Double = 11;

        internal static IntPtr Create(Matrix matrix)
        {
            int type = matrix.Values is string[] ? String : Double;
            Ort.Check(Ort.GetAllocatorWithDefaultOptions(out IntPtr allocator));
            Ort.Check(Ort.CreateTensorAsOrtValue(
                allocator, matrix.Shape, (UIntPtr)matrix.Shape.Length, type, out IntPtr tensor));
            try
            {
                Fill(tensor, matrix.Values);
                return tensor;
            }
            catch
            {
                Ort.ReleaseValue(tensor);
                throw;
            }
        }

        internal static Array Read(IntPtr tensor)
        {
            Ort.Check(Ort.GetTensorTypeAndShape(tensor, out IntPtr info));
            int type;
            int count;
            try
            {
                Ort.Check(Ort.GetTensorElementType(info, out type));
                Ort.Check(Ort.GetTensorShapeElementCount(info, out UIntPtr elements));
                count = checked((int)elements);
            }
            finally
            {
                Ort.ReleaseTensorTypeAndShapeInfo(info);
            }

            if (type == String)
            {
                return ReadStrings(tensor, count);
            }

            Ort.Check(Ort.GetTensorMutableData(tensor, out IntPtr data));
            if (type == Int64)
            {
                var integers = new long[count];
                Marshal.Copy(data, integers, 0, count);
                return integers;
            }

            if (type != Double)
            {
                throw new OnnxRuntimeException("an output is neither double, int64 nor string");
            }

            var numbers = new double[count];
            Marshal.Copy(data, numbers, 0, count);
            return numbers;
        }

        private static void Fill(IntPtr tensor, Array values)
        {
            if (values is double[] numbers)
            {
                Ort.Check(Ort.GetTensorMutableData(tensor, out IntPtr data));
                Marshal.Copy(numbers, 0, data, numbers.Length);
                return;
            }

            var strings = (string[])values;
            for (int index = 0; index < strings.Length; index++)
            {
                byte[] bytes = Encoding.UTF8.GetBytes(strings[index]);
                Ort.Check(Ort.GetResizedStringTensorElementBuffer(
                    tensor, (UIntPtr)index, (UIntPtr)bytes.Length, out IntPtr buffer));
                Marshal.Copy(bytes, 0, buffer, bytes.Length);
            }
        }

        private static string[] ReadStrings(IntPtr tensor, int count)
        {
            var strings = new string[count];
            for (int index = 0; index < count; index++)
            {
                Ort.Check(Ort.GetStringTensorElementLength(tensor, (UIntPtr)index, out UIntPtr length));
                var bytes = new byte[checked((int)length)];
                Ort.Check(Ort.GetStringTensorElement(tensor, length, (UIntPtr)index, bytes));
                strings[index] = Encoding.UTF8.GetString(bytes);
            }

            return strings;
        }
    }

    /// <summary>
    /// The functions of OrtApi, a table of pointers that only ever grows: the numbers are their
    /// places in onnxruntime_c_api.h. Status is null where a function succeeded.
    /// </summary>
    internal sealed class Api
    {
        private const uint Version = 20;
        private const int ErrorsOnly = 3;

        private static readonly Lazy<Api> Only = new Lazy<Api>(() => new Api(Load()));

        internal readonly GetErrorMessageFunction GetErrorMessage;
        internal readonly CreateSessionFunction CreateSession;
        internal readonly RunFunction Run;
        internal readonly CreateFunction CreateSessionOptions;
        internal readonly SetIntegerFunction SetIntraOpNumThreads;
        internal readonly CreateTensorFunction CreateTensorAsOrtValue;
        internal readonly GetPointerFunction GetTensorMutableData;
        internal readonly GetIntegerFunction GetTensorElementType;
        internal readonly GetSizeFunction GetTensorShapeElementCount;
        internal readonly GetPointerFunction GetTensorTypeAndShape;
        internal readonly CreateFunction GetAllocatorWithDefaultOptions;
        internal readonly ReleaseFunction ReleaseStatus;
        internal readonly ReleaseFunction ReleaseSession;
        internal readonly ReleaseFunction ReleaseValue;
        internal readonly ReleaseFunction ReleaseTensorTypeAndShapeInfo;
        internal readonly ReleaseFunction ReleaseSessionOptions;
        internal readonly GetElementSizeFunction GetStringTensorElementLength;
        internal readonly GetElementFunction GetStringTensorElement;
        internal readonly ResizeElementFunction GetResizedStringTensorElementBuffer;

        private readonly IntPtr table;

        private Api(IntPtr table)
        {
            this.table = table;
            GetErrorMessage = At<GetErrorMessageFunction>(2);
            CreateSession = At<CreateSessionFunction>(7);
            Run = At<RunFunction>(9);
            CreateSessionOptions = At<CreateFunction>(10);
            SetIntraOpNumThreads = At<SetIntegerFunction>(24);
            CreateTensorAsOrtValue = At<CreateTensorFunction>(48);
            GetTensorMutableData = At<GetPointerFunction>(51);
            GetTensorElementType = At<GetIntegerFunction>(60);
            GetTensorShapeElementCount = At<GetSizeFunction>(64);
            GetTensorTypeAndShape = At<GetPointerFunction>(65);
            GetAllocatorWithDefaultOptions = At<CreateFunction>(78);
            ReleaseStatus = At<ReleaseFunction>(93);
            ReleaseSession = At<ReleaseFunction>(95);
            ReleaseValue = At<ReleaseFunction>(96);
            ReleaseTensorTypeAndShapeInfo = At<ReleaseFunction>(99);
            ReleaseSessionOptions = At<ReleaseFunction>(100);
            GetStringTensorElementLength = At<GetElementSizeFunction>(127);
            GetStringTensorElement = At<GetElementFunction>(128);
            GetResizedStringTensorElementBuffer = At<ResizeElementFunction>(252);
            Check(At<CreateEnvFunction>(3)(ErrorsOnly, Utf8.Terminated("skiff"), out IntPtr environment));
            Environment = environment;
        }

        internal delegate IntPtr GetErrorMessageFunction(IntPtr status);

        internal delegate IntPtr CreateEnvFunction(int level, byte[] name, out IntPtr environment);

        internal delegate IntPtr CreateSessionFunction(IntPtr environment, byte[] path, IntPtr options, out IntPtr session);

        internal delegate IntPtr RunFunction(
            IntPtr session, IntPtr options,
            IntPtr[] inputNames, IntPtr[] inputs, UIntPtr inputCount,
            IntPtr[] outputNames, UIntPtr outputCount, [In, Out] IntPtr[] outputs);

        internal delegate IntPtr CreateFunction(out IntPtr created);

        internal delegate IntPtr SetIntegerFunction(IntPtr of, int value);

        internal delegate IntPtr CreateTensorFunction(
            IntPtr allocator, long[] shape, UIntPtr rank, int type, out IntPtr tensor);

        internal delegate IntPtr GetPointerFunction(IntPtr of, out IntPtr found);

        internal delegate IntPtr GetIntegerFunction(IntPtr of, out int found);

        internal delegate IntPtr GetSizeFunction(IntPtr of, out UIntPtr found);

        internal delegate IntPtr GetElementSizeFunction(IntPtr tensor, UIntPtr index, out UIntPtr length);

        internal delegate IntPtr GetElementFunction(IntPtr tensor, UIntPtr length, UIntPtr index, [Out] byte[] bytes);

        internal delegate IntPtr ResizeElementFunction(IntPtr tensor, UIntPtr index, UIntPtr length, out IntPtr buffer);

        internal delegate void ReleaseFunction(IntPtr released);

        private delegate IntPtr GetApiBaseFunction();

        private delegate IntPtr GetApiFunction(uint version);

        /// <summary>ONNX Runtime, loaded once.</summary>
        internal static Api Ort => Only.Value;

        /// <summary>The one environment of the process.</summary>
        internal IntPtr Environment { get; }

        /// <summary>Throws OnnxRuntimeException unless a function succeeded.</summary>
        internal void Check(IntPtr status)
        {
            if (status == IntPtr.Zero)
            {
                return;
            }

            string message = Utf8.Read(GetErrorMessage(status));
            ReleaseStatus(status);
            throw new OnnxRuntimeException(message);
        }

        private T At<T>(int place) =>
            Marshal.GetDelegateForFunctionPointer<T>(Marshal.ReadIntPtr(table, place * IntPtr.Size));

        /// <summary>Loads the library that ORT_DYLIB_PATH names, or the system's.</summary>
        private static IntPtr Load()
        {
            // ONNX Runtime uploads telemetry unless this is set before it is loaded, and set in
            // the process itself: System.Environment may change no more than a copy.
            Libc.setenv("ORT_DISABLE_TELEMETRY", "1", 1);
            string path = System.Environment.GetEnvironmentVariable("ORT_DYLIB_PATH") ?? "libonnxruntime.so";
            IntPtr library = Libdl.dlopen(path, Libdl.Now);
            if (library == IntPtr.Zero)
            {
                string reason = Utf8.Read(Libdl.dlerror());
                throw new OnnxRuntimeException($"{reason} (ORT_DYLIB_PATH names the library)");
            }

            IntPtr symbol = Libdl.dlsym(library, "OrtGetApiBase");
            IntPtr found = Marshal.GetDelegateForFunctionPointer<GetApiBaseFunction>(symbol)();
            IntPtr table = Marshal.GetDelegateForFunctionPointer<GetApiFunction>(Marshal.ReadIntPtr(found))(Version);
            return table != IntPtr.Zero
                ? table
                : throw new OnnxRuntimeException($"{path} is older than ONNX Runtime 1.{Version}");
        }

        private static class Libc
        {
            [DllImport("libc")]
            internal static extern int setenv(string name, string value, int overwrite);
        }

        private static class Libdl
        {
            internal const int Now = 2;

            [DllImport("libdl.so.2")]
            internal static extern IntPtr dlopen(string path, int mode);

            [DllImport("libdl.so.2")]
            internal static extern IntPtr dlsym(IntPtr library, string name);

            [DllImport("libdl.so.2")]
            internal static extern IntPtr dlerror();
        }
    }
}
