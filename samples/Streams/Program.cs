using Streams;

await using Connected ends = await Connected.CreateAsync();

Task answering = RequestResponse.AnswerAsync(ends.Server);
Console.WriteLine(await RequestResponse.AskAsync(ends.Client, "how are streams closed?"));
await answering;

Task pushing = ServerPush.PushAsync(ends.Server, 1000);
Console.WriteLine($"pushed {await ServerPush.ReceiveAsync(ends.Client, 1000)} bytes");
await pushing;

Task sending = OneWay.SendAsync(ends.Client, "one way"u8.ToArray());
Console.WriteLine($"received {(await OneWay.ReceiveAsync(ends.Server)).Length} bytes");
await sending;

Task echoing = Duplex.EchoAsync(ends.Server);
Console.WriteLine($"{await Duplex.TalkAsync(ends.Client, 10)} rounds");
await echoing;

Console.WriteLine($"live streams: {ends.Client.GetStatistics().StreamsActive} and {ends.Server.GetStatistics().StreamsActive}");
