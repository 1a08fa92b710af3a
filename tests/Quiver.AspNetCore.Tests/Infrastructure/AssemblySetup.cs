using Xunit.Sdk;
using Xunit.v3;

// Each server has two cores' worth of work, and browsers want the machine for themselves.
[assembly: Parallelization(Mode = ParallelMode.None)]
