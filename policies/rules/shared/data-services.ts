/** How a service says that it is closed to the internet, and from which TLS on it answers. */
export interface DataService {
  /** The properties that open or close it. */
  readonly access: readonly string[];
  /** What it holds when the service is closed. */
  readonly closed: readonly (string | boolean)[];
  /** Whether the service is closed when the property is not set. Default: it is open. */
  readonly closedByDefault?: true;
  /** A subnet of its own, which closes the service as well. */
  readonly subnet?: string;
  readonly tls?: { readonly property: string; readonly oneOf: readonly string[] };
}

const disabled = { access: ["publicNetworkAccess"], closed: ["Disabled", "SecuredByPerimeter"] };
const disabledInProperties = { ...disabled, access: ["properties.publicNetworkAccess"] };
const tls = (property: string, ...oneOf: string[]) => ({ tls: { property, oneOf } });
const messaging = { ...disabled, ...tls("minimumTlsVersion", "1.2", "1.3") };

/**
 * Services that hold data or secrets, or let somebody act, and that can be open to the internet: the types of azure-native with
 * `publicNetworkAccess`, or what they have in its place, for which there is no rule of their own. Single servers of MySQL and
 * PostgreSQL, which Azure has retired, are left to be refused as unread types.
 * Source: the input types of @pulumi/azure-native 3.28.
 */
export const dataServices: Readonly<Record<string, DataService>> = {
  "azure-native:apimanagement:ApiManagementService": disabled,
  "azure-native:appconfiguration:ConfigurationStore": disabled,
  "azure-native:automation:AutomationAccount": { ...disabled, closed: [false] },
  "azure-native:batch:BatchAccount": disabled,
  "azure-native:cognitiveservices:Account": disabledInProperties,
  "azure-native:compute:Disk": disabled,
  "azure-native:compute:Snapshot": disabled,
  "azure-native:containerservice:ManagedCluster": disabled,
  "azure-native:cosmosdb:DatabaseAccount": { ...disabled, ...tls("minimalTlsVersion", "Tls12") },
  "azure-native:databricks:Workspace": disabled,
  "azure-native:datafactory:Factory": disabled,
  "azure-native:dbformariadb:Server": { ...disabledInProperties, ...tls("properties.minimalTlsVersion", "TLS1_2") },
  "azure-native:dbformysql:Server": {
    ...disabled,
    access: ["network.publicNetworkAccess"],
    subnet: "network.delegatedSubnetResourceId",
  },
  "azure-native:dbforpostgresql:ServerGroupCluster": {
    access: ["coordinatorEnablePublicIpAccess", "nodeEnablePublicIpAccess"],
    closed: [false],
    closedByDefault: true,
  },
  "azure-native:digitaltwins:DigitalTwin": disabled,
  "azure-native:elasticsan:ElasticSan": disabled,
  "azure-native:eventgrid:Domain": disabled,
  "azure-native:eventgrid:Namespace": disabled,
  "azure-native:eventgrid:Topic": disabled,
  "azure-native:eventhub:Namespace": messaging,
  "azure-native:healthcareapis:Service": disabledInProperties,
  "azure-native:iothub:IotHubResource": disabledInProperties,
  "azure-native:keyvault:ManagedHsm": disabledInProperties,
  "azure-native:kusto:Cluster": disabled,
  "azure-native:machinelearningservices:Registry": disabled,
  "azure-native:machinelearningservices:Workspace": disabled,
  "azure-native:mongocluster:MongoCluster": disabledInProperties,
  "azure-native:purview:Account": disabled,
  "azure-native:recoveryservices:Vault": disabledInProperties,
  "azure-native:relay:Namespace": disabled,
  "azure-native:search:Service": disabled,
  "azure-native:servicebus:Namespace": messaging,
  "azure-native:signalrservice:SignalR": disabled,
  "azure-native:sql:ManagedInstance": {
    access: ["publicDataEndpointEnabled"],
    closed: [false],
    closedByDefault: true,
    ...tls("minimalTlsVersion", "1.2", "1.3"),
  },
  "azure-native:sql:Server": { ...disabled, ...tls("minimalTlsVersion", "1.2", "1.3") },
  "azure-native:synapse:Workspace": disabled,
  "azure-native:web:WebApp": disabled,
  "azure-native:web:WebAppSlot": disabled,
  "azure-native:webpubsub:WebPubSub": disabled,
};
