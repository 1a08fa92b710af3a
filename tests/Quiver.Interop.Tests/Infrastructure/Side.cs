namespace Quiver.Interop.Tests.Infrastructure;

/// <summary>Which part Quiver has.</summary>
public enum Side
{
    WeAreClient,
    WeAreServer,
}
