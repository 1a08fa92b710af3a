global using Quiver.Interop.Tests.Infrastructure;
global using Quiver.Testing;
