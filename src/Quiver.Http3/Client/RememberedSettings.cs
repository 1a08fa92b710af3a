namespace Quiver.Http3.Client;

/// <summary>The settings of the connection that a ticket came on; null until they are known. They may come after the ticket.</summary>
internal sealed class RememberedSettings
{
    private Http3Settings? _value;

    public Http3Settings? Value
    {
        get => Volatile.Read(ref _value);
        set => Volatile.Write(ref _value, value);
    }
}
