using Quiver.Interop;

// Whoever sets SSLKEYLOGFILE for this program wants its secrets; in a library that is for the application to decide.
AppContext.SetSwitch("System.Net.EnableSslKeyLogging", true);
return await Endpoint.RunAsync(RunnerEnvironment.FromProcess(), Console.Out, Console.Error);
