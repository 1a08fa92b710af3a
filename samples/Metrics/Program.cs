using OpenTelemetry;
using OpenTelemetry.Metrics;
using Streams;

// Every instrument of the meter "Quiver" goes to the console; an OTLP exporter is one line too.
using MeterProvider metrics = Sdk.CreateMeterProviderBuilder().AddMeter("Quiver").AddConsoleExporter().Build();

await using Connected ends = await Connected.CreateAsync();
await using QuicStream stream = await ends.Client.OpenOutboundStreamAsync(QuicStreamType.Bidirectional);
await stream.WriteAsync("hello"u8.ToArray(), completeWrites: true);
await using QuicStream accepted = await ends.Server.AcceptInboundStreamAsync();

// One stream, seen from both ends: write_finished on the client.
metrics.ForceFlush();
