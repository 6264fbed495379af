// Sends a whole journey with the official npm package and prints what it was answered, as one JSON object.
// Arguments: the package's main file, the sandbox's base URL, a secret key, a click id.
const [entry, serverURL, token, clickId] = process.argv.slice(2);
const { Dub } = await import(entry);
const dub = new Dub({ token, serverURL });

async function failure(promise) {
  try {
    await promise;
    return null;
  } catch (error) {
    return { name: error.name, status: error.statusCode, code: error.error?.code };
  }
}

const customerExternalId = "node-1";
const said = {};
said.lead = await dub.track.lead({ clickId, eventName: "Sign up", customerExternalId, customerName: "Ada" });
said.again = await dub.track.lead({ clickId, eventName: "Sign up", customerExternalId });
const deferred = { eventName: "Sign up", customerExternalId: "node-2" };
said.event1 = await dub.track.lead({ ...deferred, clickId, mode: "deferred", customerName: "Bob" });
said.event2 = await dub.track.lead({ ...deferred, clickId: "" });
const sale = { customerExternalId: "node-2", amount: 1580, currency: "jpy", invoiceId: "node-inv" };
said.sale = await dub.track.sale(sale);
said.saleAgain = await dub.track.sale({ ...sale, amount: 5 });
said.unknown = await dub.track.sale({ customerExternalId: "node-nobody", amount: 5 });
said.customers = (await dub.customers.list({ externalId: "node-2" })).result;
said.customer = await dub.customers.get({ id: "ext_node-2" });
said.leads = await dub.events.list({ event: "leads", interval: "24h" });
said.sales = await dub.events.list({ event: "sales", interval: "24h" });
said.clicks = await dub.events.list({ event: "clicks", interval: "24h" });
said.badRequest = await failure(dub.track.lead({ ...deferred, customerExternalId: "node-nobody", clickId: "" }));
said.unauthorized = await failure(new Dub({ token: "dub_wrong", serverURL }).track.sale(sale));
said.notFound = await failure(dub.customers.get({ id: "ext_node-nobody" }));
said.unprocessable = await failure(dub.track.lead({ ...deferred, clickId, eventName: "" }));
said.removed = await dub.customers.delete("ext_node-1");
console.log(JSON.stringify(said));
