using System.Runtime.CompilerServices;

// Calls into libc pass plain values and pointers only, so the generated stubs need no runtime marshalling.
[assembly: DisableRuntimeMarshalling]
