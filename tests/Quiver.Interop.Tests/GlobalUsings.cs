global using Quiver.Interop.Tests.Infrastructure;
