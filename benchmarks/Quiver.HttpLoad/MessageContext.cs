using System.Text.Json.Serialization;

namespace Quiver.HttpLoad;

[JsonSerializable(typeof(Message))]
internal sealed partial class MessageContext : JsonSerializerContext;
