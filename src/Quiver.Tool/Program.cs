using Quiver.Tool.Commands;
using Quiver.Tool.Output;

// Whoever sets SSLKEYLOGFILE for this tool wants its secrets; in a library that is for the application to decide.
AppContext.SetSwitch("System.Net.EnableSslKeyLogging", true);
return await QuiverCommand.RunAsync(args, ToolOutput.ForProcess());
