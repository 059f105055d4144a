export { previewEnvironment, previewLabel } from "../../components/delivery/delivery-plan";
