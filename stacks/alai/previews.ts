export { previewEnvironment, previewLabel } from "../../components/delivery/preview-environments";
