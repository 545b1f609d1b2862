// Reads a page with the npm client statuspage.io and prints what it understood as JSON.
// The client builds its address from a page id; only its base address is turned to the test's server.
const path = require("node:path");
const [, , root, address] = process.argv;
const { Statuspage } = require(path.join(root, "node_modules", "statuspage.io"));

const client = new Statuspage("example");
client.apiClient.defaults.baseURL = address;

(async () => {
  const { api } = client;
  const heard = {
    status: await api.getStatus(),
    summary: await api.getSummary(),
    components: await api.getComponents(),
    incidents: await api.incidents.getAll(),
    unresolved: await api.incidents.getUnresolved(),
    planned: await api.scheduledMaintenances.getAll(),
    upcoming: await api.scheduledMaintenances.getUpcoming(),
    active: await api.scheduledMaintenances.getActive(),
  };
  process.stdout.write(JSON.stringify(heard));
})().catch((error) => {
  process.stderr.write(String(error));
  process.exit(1);
});
